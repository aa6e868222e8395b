import Diagnostics
import Dockerfile
import OCI

/// A source of COPY or ADD that is looked for in the build context, with what was found for each platform.
struct CopySource: Sendable {
  /// What a source comes to for one platform.
  struct Sighting: Sendable {
    let platform: Platform
    /// After expansion.
    let path: String
    let outcome: ContextSearch.Outcome
  }

  let instruction: Instruction
  let word: Word
  /// One for each platform whose build needs the instruction and knows the path; never empty.
  var sightings: [Sighting]

  /// Whether the path differs between platforms.
  var dependsOnPlatform: Bool { Set(sightings.map(\.path)).count > 1 }

  /// Evaluates the sources of all needed stages.
  static func find(
    in graph: StageGraph, _ builds: [RecipeBuild], _ variables: VariableAnalysis, _ surroundings: RecipeSurroundings
  ) -> [CopySource] {
    let search = ContextSearch(files: surroundings.context, ignore: surroundings.ignore)
    var outcomes: [String: ContextSearch.Outcome] = [:]
    var found: [Int: CopySource] = [:]
    for build in builds {
      for (instruction, word, path) in paths(in: graph, build, variables) where !isRemote(path) {
        let outcome = outcomes[path] ?? search.search(path)
        outcomes[path] = outcome
        let sighting = Sighting(platform: build.platform, path: path, outcome: outcome)
        found[
          word.range.offsets.lowerBound, default: CopySource(instruction: instruction, word: word, sightings: [])
        ].sightings.append(sighting)
      }
    }
    return found.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Every source path of one build that is known.
  private static func paths(in graph: StageGraph, _ build: RecipeBuild, _ variables: VariableAnalysis)
    -> [(Instruction, Word, String)]
  {
    guard let global = build.global else { return [] }
    var result: [(Instruction, Word, String)] = []
    var scopes: [StageScope] = []
    for stage in graph.stages {
      var scope = StageScope(global: global, expander: graph.expander)
      if case .stage(let parent)? = build.bases[stage.index] { scope = scopes[parent] }
      for instruction in stage.instructions {
        switch instruction.kind {
        case .arg(let arg): _ = try? scope.apply(arg)
        case .env(let env): _ = try? scope.apply(env)
        case .copy(let copy) where copy.from == nil: look(copy.transfer, instruction)
        case .add(let add): look(add.transfer, instruction)
        default: break
        }
      }
      scopes.append(scope)

      func look(_ transfer: FileTransfer, _ instruction: Instruction) {
        guard build.needed.contains(stage.index) else { return }
        guard !variables.unknown.contains(instruction.range.offsets.lowerBound) else { return }
        for word in transfer.sourceWords {
          if let path = try? scope.expand(word.keepingEscapedWildcards(graph.expander.escape)) {
            result.append((instruction, word, path))
          }
        }
      }
    }
    return result
  }

  private static func isRemote(_ path: String) -> Bool {
    ["http://", "https://", "git://", "git@", "ssh://"].contains(where: path.hasPrefix)
  }
}

extension Word {
  /// The word in which `\*`, `\?` and `\[` come out of an expansion as they are, since there they are no wildcards.
  fileprivate func keepingEscapedWildcards(_ escape: UInt8) -> Word {
    let backslash = UInt8(ascii: "\\")
    guard escape == backslash, text.utf8.contains(backslash) else { return self }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      bytes.append(byte)
      guard byte == backslash, let next = rest.popFirst() else { continue }
      if "*?[]".utf8.contains(next) { bytes.append(backslash) }
      bytes.append(next)
    }
    return Word(String(decoding: bytes, as: UTF8.self), range: range)
  }
}
