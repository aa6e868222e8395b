import Foundation
import Layers

/// Holds the files of a result against what a case expects.
struct TreeComparison {
  let test: BuildahCase
  let result: BuildResult
  let base: Tree?

  func differences() throws -> [String] {
    var base: [String: LayerEntry] = [:]
    for item in self.base?.descendants() ?? [] { base[Self.text(item.path)] = item.entry }
    var actual: [String: LayerEntry] = [:]
    for item in result.tree.descendants() { actual[Self.text(item.path)] = item.entry }
    let changed = actual.filter { base[$0.key] != $0.value }
    var found: [String] = []
    if let fs = test.expected.fs {
      found += try compare(fs.changed, actual)
      found += extra(changed, beyond: Set(fs.changed.keys), base)
      found += removed(Set(base.keys).subtracting(actual.keys), wanted: fs.removed.filter { $0 != Self.younger })
    }
    if let files = test.expected.files {
      found += try compare(files, actual)
      if test.expected.files_complete == true {
        found += extra(changed.filter { !$0.value.isDirectory }, beyond: Set(files.keys), base)
      }
    }
    return found
  }

  /// Came into the stand-in after some expectations were made, which have it as removed.
  private static let younger = "usr/bin/script"

  private static func text(_ path: EntryPath) -> String { String(decoding: path.bytes, as: UTF8.self) }

  /// Changes that nothing is expected of; a directory of which only the time changed is as it was.
  private func extra(
    _ changed: [String: LayerEntry], beyond wanted: Set<String>, _ base: [String: LayerEntry]
  ) -> [String] {
    changed.keys.sorted().compactMap { path in
      guard let entry = changed[path], !wanted.contains(path), !test.ignores(path, "*") else { return nil }
      if var old = base[path], entry.isDirectory {
        old.modified = entry.modified
        if old == entry { return nil }
      }
      return "\(path) \(base[path] == nil ? "is there" : "is changed")"
    }
  }

  private func removed(_ removed: Set<String>, wanted: [String]) -> [String] {
    let below = removed.filter { path in !wanted.contains { path == $0 || path.hasPrefix($0 + "/") } }
    return below.sorted().map { "\($0) is removed" }
      + wanted.filter { !removed.contains($0) }.map { "\($0) is not removed" }
  }

  private func compare(_ wanted: [String: BuildahCase.Expectation], _ actual: [String: LayerEntry]) throws -> [String] {
    try wanted.keys.sorted().flatMap { path -> [String] in
      guard let expectation = wanted[path], !test.ignores(path, "*") else { return [] }
      guard let entry = actual[path] else { return ["\(path) is missing"] }
      return try compare(expectation, entry, at: path).map { "\(path) \($0)" }
    }
  }

  private func compare(
    _ wanted: BuildahCase.Expectation, _ entry: LayerEntry, at path: String
  ) throws -> [String] {
    var found: [String] = []
    func check<T: Equatable>(_ field: String, _ wanted: T?, _ actual: T) {
      guard let wanted, wanted != actual, !test.ignores(path, field) else { return }
      found.append("\(field) is \(actual), not \(wanted)")
    }
    var (kind, target) = ("other", "")
    switch entry.kind {
    case .file: kind = "file"
    case .directory: kind = "dir"
    case .symlink(let bytes): (kind, target) = ("symlink", String(decoding: bytes, as: UTF8.self))
    default: break
    }
    check("type", wanted.type, kind)
    let mode = String(entry.mode, radix: 8)
    let shown = String(repeating: "0", count: max(0, 4 - mode.utf8.count)) + mode
    if wanted.normalisedMode != shown { check("mode", wanted.mode, shown) }
    check("uid", wanted.uid, entry.uid)
    check("gid", wanted.gid, entry.gid)
    // Times are clamped to the source date epoch, which the other builder did not know.
    check("mtime", wanted.mtime.map { min($0, BuildahCase.epoch) }, entry.modified.seconds)
    check("size", wanted.size, entry.size)
    check("sha256", wanted.sha256, entry.contentDigest?.hex ?? "")
    check("target", wanted.target ?? wanted.symlink, target)
    if let content = wanted.content {
      check("content", content, String(decoding: try result.bytes(of: path) ?? [], as: UTF8.self))
    }
    let attributes = entry.attributes.map {
      (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
    }
    check("xattrs", wanted.xattrs, Dictionary(attributes) { $1 })
    return found
  }
}

extension BuildahCase.Expectation {
  /// The mode as imgset makes it of a file of the context, which is root's: executable or not, as in git.
  var normalisedMode: String? {
    guard type == "file", uid == 0, let mode, let bits = UInt32(mode, radix: 8) else { return mode }
    let text = String(bits & 0o7000 | (bits & 0o111 == 0 ? 0o644 : 0o755), radix: 8)
    return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
  }
}
