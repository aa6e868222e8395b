import FoundationEssentials

/// What the source files of a target import.
struct ModuleImports {
  /// One import, and the file that has it.
  struct Import: Hashable {
    let module: String
    let file: String
  }

  /// Every import below `Sources/NAME` or `Tests/NAME`; empty when there is no such directory.
  static func scan(_ target: PackageDescription.Target, root: String) throws -> [Import] {
    let directory = "\(target.isTest ? "Tests" : "Sources")/\(target.name)"
    let files = (try? FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(directory)")) ?? []
    return try files.filter { $0.hasSuffix(".swift") && !$0.contains("Fixtures/") }.sorted().flatMap { file in
      let text = String(decoding: try Data(contentsOf: URL(filePath: "\(root)/\(directory)/\(file)")), as: UTF8.self)
      return parse(text).map { Import(module: $0, file: "\(directory)/\(file)") }
    }
  }

  /// The modules that a file imports: attributes, access levels and single declarations (`import struct A.B`) included.
  static func parse(_ text: String) -> [String] {
    let access: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
    return text.split(separator: "\n").compactMap { line in
      var words = line.split(separator: " ")[...]
      while let word = words.first, word.hasPrefix("@") || access.contains(word) { words.removeFirst() }
      guard words.popFirst() == "import", var name = words.popFirst() else { return nil }
      if kinds.contains(name), let next = words.popFirst() { name = next }
      return String(name.split(separator: ".")[0])
    }
  }
}
