import Dockerfile

extension Rule {
  /// <https://docs.docker.com/reference/build-checks/json-args-recommended/>
  static let jsonArgsRecommended = Rule(
    "JSONArgsRecommended", "CMD and ENTRYPOINT are JSON arrays"
  ) { recipe, findings in
    var hasShell: [Bool] = []
    for stage in recipe.graph.stages {
      var choosesShell = false
      if case .stage(let parent)? = recipe.bases[stage.index] { choosesShell = hasShell[parent] }
      for instruction in stage.instructions {
        switch instruction.kind {
        case .shell: choosesShell = true
        case .cmd(.shell(let word)), .entrypoint(.shell(let word)):
          // A chosen shell is taken as a sign that the shell form is meant.
          guard !choosesShell, !word.text.isEmpty else { continue }
          findings.warn(
            "\(instruction.keyword.rawValue) in shell form", at: instruction.range,
            why: [
              "`/bin/sh -c` is then process 1, which passes no signals on: the container cannot be stopped cleanly"
            ],
            help: ["\(instruction.keyword.rawValue) [\"program\", \"argument\"]"])
        default: break
        }
      }
      hasShell.append(choosesShell)
    }
  }

  /// <https://docs.docker.com/reference/build-checks/legacy-key-value-format/>
  static let legacyKeyValueFormat = Rule(
    "LegacyKeyValueFormat", "ENV and LABEL have an equals sign"
  ) { recipe, findings in
    for syntax in recipe.tree.instructions {
      guard case .pairs(let pairs, isOldForm: true) = syntax.arguments, let pair = pairs.first else { continue }
      findings.warn(
        "`\(syntax.keyword.rawValue) name value` is the old form", at: syntax.range,
        help: ["\(syntax.keyword.rawValue) \(pair.name.text)=… (in quotes when the value holds blanks)"])
    }
  }

  /// <https://docs.docker.com/reference/build-checks/expose-proto-casing/>
  static let exposeProtoCasing = Rule("ExposeProtoCasing", "EXPOSE has its protocol in lower case") {
    recipe, findings in
    for word in recipe.graph.exposedWords {
      guard let slash = word.text.lastIndex(of: "/") else { continue }
      let network = word.text[slash...]
      guard network != network.lowercased() else { continue }
      findings.warn(
        "the protocol of `\(word.text)` is not in lower case", at: word.range,
        help: ["EXPOSE \(word.text[..<slash])\(network.lowercased())"])
    }
  }

  /// <https://docs.docker.com/reference/build-checks/expose-invalid-format/>
  static let exposeInvalidFormat = Rule("ExposeInvalidFormat", "EXPOSE has no address and no port of the host") {
    recipe, findings in
    for word in recipe.graph.exposedWords {
      guard let colon = word.text.lastIndex(of: ":") else { continue }
      findings.warn(
        "`\(word.text)` maps a port, and EXPOSE only names it", at: word.range,
        why: ["only the container's port counts; the mapping is chosen when the container is started"],
        help: ["EXPOSE \(word.text[word.text.index(after: colon)...])"])
    }
  }
}

extension StageGraph {
  /// The words of EXPOSE that hold no variable.
  fileprivate var exposedWords: [Word] {
    instructions.flatMap { (_, instruction) -> [Word] in
      guard case .expose(let expose) = instruction.kind else { return [] }
      return expose.ports.filter { !$0.mayHoldVariable }
    }
  }
}
