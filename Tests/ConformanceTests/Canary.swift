import Linux
import SystemPackage

/// A directory of the machine that no build may read or change.
struct Canary: Sendable {
  /// The directory above, which is watched too.
  let parent: FilePath
  let secret: String

  var path: FilePath { parent.appending("canary") }

  init(in directory: Directory, at path: FilePath) throws {
    parent = path.appending("watched")
    secret = Directory.randomName() + Directory.randomName()
    let canary = try directory.ensureDirectory("watched").ensureDirectory("canary")
    _ = try canary.ensureDirectory("emptydir")
    for (name, text) in [
      ("secret.txt", secret + "\n"), ("passwd", "canaryuser:x:4242:4242::/:/bin/sh\n"), ("hosts", secret),
      ("hostname", secret), ("resolv", secret), ("emptyfile", ""),
    ] {
      let file = try canary.file(name, .writeOnly, options: [.create, .truncate])
      defer { file.closeQuietly() }
      try file.writeFully(Array(text.utf8))
    }
  }

  /// Fills in the placeholders of an attack.
  func text(_ template: String) -> String {
    template.replacing("@CANARY_PARENT@", with: parent.string).replacing("@CANARY_NAME@", with: "canary")
      .replacing("@CANARY@", with: path.string).replacing("@SECRET@", with: secret)
      .replacing("@1MiB_of_x@", with: String(repeating: "x", count: 1 << 20))
  }

  /// Names, types, modes, owners and bytes of everything that is watched.
  func listing() throws -> [String] { try Self.listing(Directory(at: parent), below: "") }

  private static func listing(_ directory: Directory, below prefix: String) throws -> [String] {
    var lines: [String] = []
    for entry in try directory.entries().sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
      let name = prefix + String(decoding: entry.name, as: UTF8.self)
      let status = try directory.status(ofName: entry.name)
      var line = "\(name) \(status.kind) \(status.permissions) \(status.uid):\(status.gid)"
      if status.kind == .file {
        let file = try directory.file(entry.name)
        defer { file.closeQuietly() }
        line += " \(try file.readAll(limit: 1 << 20))"
      }
      lines.append(line)
      if status.kind == .directory { lines += try listing(directory.directory(entry.name), below: name + "/") }
    }
    return lines
  }
}
