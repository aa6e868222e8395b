import Foundation

/// The whole suite that the fixtures are a part of, read from the folder `conformance` of a directory:
/// `cases/NAME/case.json`, `expected.json` and `context/`. Cases that need base images, commands or a network are left out.
struct ConformanceSuite {
  let cases: [ConformanceCase]

  /// - Throws: for a directory that is not there and for a case that cannot be read, so that none is left out unseen.
  init(root: String) throws {
    let folder = URL(filePath: root).appending(path: "conformance/cases")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    cases = try names.sorted().compactMap { try Self.read(folder.appending(path: $0), named: $0) }
  }

  private struct Description: Decodable {
    struct Needs: Decodable {
      var base_images: [String]
      var network: Bool
      var needs_run: Bool
    }

    var dockerfile: String?
    var build_args: [String: String]
    var fail_line: Int?
    var tweak: [ConformanceCase.Tweak]
    var needs: Needs
  }

  private struct Expected: Decodable {
    struct Tree: Decodable { var changed: [String: ConformanceCase.Expectation] }

    struct File: Decodable {
      var sha256: String?
      var symlink: String?
    }

    struct Config: Decodable { var Env: [String]? }

    var outcome: String
    var ignore: [String]?
    var fs: Tree?
    var files: [String: File]?
    var files_complete: Bool?
    var config: Config?
  }

  private static func read(_ folder: URL, named name: String) throws -> ConformanceCase? {
    func decode<T: Decodable>(_ file: String) throws -> T {
      try JSONDecoder().decode(T.self, from: try Data(contentsOf: folder.appending(path: file)))
    }
    let description: Description = try decode("case.json")
    guard description.needs.base_images.isEmpty, !description.needs.network, !description.needs.needs_run else {
      return nil
    }
    let expected: Expected = try decode("expected.json")
    return ConformanceCase(
      name: name, dockerfile: description.dockerfile ?? "Dockerfile", context: try items(folder),
      arguments: description.build_args, tweak: description.tweak, outcome: expected.outcome,
      failLine: description.fail_line, ignore: expected.ignore ?? [], changed: expected.fs?.changed,
      files: expected.files?.mapValues { file in
        var expectation = ConformanceCase.Expectation()
        (expectation.sha256, expectation.target) = (file.sha256, file.symlink)
        return expectation
      }, isComplete: expected.files_complete, environment: expected.config?.Env)
  }

  private static func items(_ folder: URL) throws -> [ConformanceCase.Item] {
    let context = folder.appending(path: "context").path
    let manager = FileManager.default
    return try manager.subpathsOfDirectory(atPath: context).sorted().map { path in
      let full = context + "/" + path
      var item = ConformanceCase.Item(path: path)
      var isDirectory: ObjCBool = false
      if let target = try? manager.destinationOfSymbolicLink(atPath: full) {
        item.link = target
      } else if manager.fileExists(atPath: full, isDirectory: &isDirectory), isDirectory.boolValue {
        item.directory = true
      } else {
        let content = try Data(contentsOf: URL(filePath: full))
        if let target = flattenedLink(content, at: path, in: context) {
          item.link = target
          return item
        }
        item.base64 = content.base64EncodedString()
        item.mode = manager.isExecutableFile(atPath: full) ? "0755" : "0644"
      }
      return item
    }
  }

  /// The target of a link that the checkout has as a file, as git does where links are switched off: the file holds
  /// nothing but the name of something that is there.
  private static func flattenedLink(_ content: Data, at path: String, in context: String) -> String? {
    guard (1...255).contains(content.count), !content.contains(0x0A),
      let target = String(data: content, encoding: .utf8)
    else { return nil }
    var parts = path.split(separator: "/").dropLast()
    for part in target.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    let place = context + "/" + parts.joined(separator: "/")
    return !parts.isEmpty && FileManager.default.fileExists(atPath: place) ? target : nil
  }
}
