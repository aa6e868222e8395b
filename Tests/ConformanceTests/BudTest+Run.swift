import Linux
import SystemPackage

extension BudTest {
  /// Does the builds in order on one store and says which ended otherwise than for Buildah.
  func differences() async throws -> [String] {
    try await withBench(images: BudDockerfile.images) { bench in
      let inline = try bench.directory.ensureDirectory("inline")
      for file in inline_files ?? [] {
        var parts = file.path.dropFirst("$contextdir/".utf8.count).split(separator: "/").map(String.init)
        let name = parts.removeLast()
        let parent = try parts.reduce(inline) { try $0.ensureDirectory($1) }
        let target = try parent.file(name, .writeOnly, options: [.create, .truncate])
        defer { target.closeQuietly() }
        try target.writeFully(Array(file.content.utf8))
      }
      var found: [String] = []
      for command in builds {
        guard let build = BudCommand(command.args) else { continue }
        found += try await differences(build, command, on: bench)
      }
      return found
    }
  }

  private func differences(_ build: BudCommand, _ command: Command, on bench: BuildBench) async throws -> [String] {
    let places = BudPlaces(inline: bench.root.appending("inline").string)
    do {
      let (order, context) = try places.order(build)
      let result = try await bench.build(order, context: context)
      for tag in build.tags { bench.images.add(result.image, named: places.expand(tag) ?? tag) }
      return command.exit == "0" ? [] : ["`\(command.args)` should fail with \(command.exit)"]
    } catch let failure as BuildFailure {
      return command.exit == "0" ? ["`\(command.args)`: \(failure) \(failure.output.suffix(200))"] : failure.unclear
    } catch let missing as BudPlaces.Missing {
      return command.exit == "0" ? ["`\(command.args)`: there is no \(missing.path)"] : []
    }
  }
}

/// Where the paths of Buildah's command lines are here.
struct BudPlaces {
  let inline: String

  /// A file or directory that a command line names is not there.
  struct Missing: Error { let path: String }

  /// Replaces the variables of the test scripts; nil when there are others.
  func expand(_ text: String) -> String? {
    var text = text
    for (variable, value) in [
      ("${BUDFILES}", ConformanceData.path("bud/contexts")), ("$BUDFILES", ConformanceData.path("bud/contexts")),
      ("${contextdir}", inline), ("$contextdir", inline),
    ] {
      text = text.replacing(variable, with: value)
    }
    return text.contains("$") ? nil : text
  }

  func order(_ build: BudCommand) throws -> (BuildBench.Order, Directory) {
    let file = try build.files.first.map(path)
    let place: FilePath
    if let context = build.contexts.first {
      place = try path(context)
    } else if let file {
      place = file.removingLastComponent()
    } else {
      throw Missing(path: "context")
    }
    guard let context = try? Directory(at: place) else { throw Missing(path: place.string) }
    var candidates = [place.appending("Containerfile"), place.appending("Dockerfile")]
    if let file { candidates = file.isAbsolute ? [file] : [place.pushing(file), FilePath(inline).pushing(file)] }
    for candidate in candidates {
      guard let name = candidate.lastComponent?.string,
        let parent = try? Directory(at: candidate.removingLastComponent()), let bytes = try parent.bytes(of: name)
      else { continue }
      var order = BuildBench.Order(dockerfile: bytes)
      order.ignoreFiles = try context.ignoreFiles(dockerfile: name)
      order.ignoreFiles.merge(try parent.ignoreFiles(dockerfile: name).filter { $0.key.hasPrefix("Dockerfile.") }) {
        $1
      }
      order.arguments = build.arguments
      order.target = build.target
      order.usesCache = build.usesCache
      return (order, context)
    }
    throw Missing(path: "\(candidates.map(\.string))")
  }

  private func path(_ text: String) throws -> FilePath {
    guard let text = expand(text) else { throw Missing(path: text) }
    return FilePath(text)
  }
}
