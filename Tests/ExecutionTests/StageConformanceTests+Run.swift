import Content
import Diagnostics
import FoundationEssentials
import Layers
import Linux
import OCI
import Planning
import SystemPackage

@testable import Execution

extension ConformanceCase {
  /// Builds the case and says where the result is not the expected one.
  func differences(on bench: Workbench) async throws -> [String] {
    try prepare(bench.context)
    var options = Workbench.Options()
    options.platform = Platform(architecture: "amd64")
    options.epoch = StageConformanceTests.epoch
    options.arguments = arguments ?? [:]
    options.ignore = text("\(dockerfile).dockerignore") ?? text(".containerignore") ?? text(".dockerignore")
    let result: BuildResult
    do {
      result = try await bench.build(text(dockerfile) ?? "", options)
    } catch {
      return failure(error)
    }
    if outcome == "error" { return ["built, but should have failed"] }
    var found: [String] = []
    if let environment, result.process.env != environment { found.append("Env \(result.process.env ?? [])") }
    if let changed { found += differences(changed, result, isComplete: true) }
    if let files { found += differences(files, result, isComplete: isComplete == true) }
    return found
  }

  private func failure(_ error: any Error) -> [String] {
    guard outcome == "error" else { return ["failed: \(Self.text(of: error))"] }
    guard let failLine else { return [] }
    let line: Int? =
      switch error {
      case let error as StepError: error.range.start.line
      case let error as DiagnosticsError: error.diagnostics.first?.range?.start.line
      default: nil
      }
    return line == failLine ? [] : ["failed in line \(line ?? 0): \(Self.text(of: error))"]
  }

  private static func text(of error: any Error) -> String {
    switch error {
    case let error as StepError: "\(error.underlying)"
    case let error as DiagnosticsError: error.diagnostics[0].what
    default: "\(error)"
    }
  }

  private func differences(
    _ expected: [String: Expectation], _ result: BuildResult, isComplete: Bool
  ) -> [String] {
    var found: [String] = []
    var rest = expected
    let onlyFiles = changed == nil
    for item in result.tree.descendants() {
      let path = String(decoding: item.path.bytes, as: UTF8.self)
      guard let wanted = rest.removeValue(forKey: path) else {
        if isComplete, !(onlyFiles && item.entry.isDirectory), !ignore.contains("\(path)#*") {
          found.append("\(path) is there")
        }
        continue
      }
      if ignore.contains("\(path)#*") { continue }
      found += wanted.differences(from: item.entry, ignoring: ignore).map { "\(path) \($0)" }
    }
    return found + rest.keys.sorted().map { "\($0) is missing" }
  }
}

extension ConformanceCase.Expectation {
  /// The mode as imgset makes it of a file of the context, which is root's: executable or not, as in git.
  private var normalisedMode: String? {
    guard type == "file", uid == 0, let mode, let bits = UInt32(mode, radix: 8) else { return mode }
    let text = String(bits & 0o7000 | (bits & 0o111 == 0 ? 0o644 : 0o755), radix: 8)
    return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
  }

  fileprivate func differences(from entry: LayerEntry, ignoring ignored: [String]) -> [String] {
    var found: [String] = []
    func compare<T: Equatable>(_ name: String, _ wanted: T?, _ actual: T) {
      guard let wanted, wanted != actual else { return }
      let path = String(decoding: entry.path.bytes, as: UTF8.self)
      if !ignored.contains("\(path)#\(name)") { found.append("\(name) \(actual)") }
    }
    var (kind, target) = ("other", "")
    switch entry.kind {
    case .file: kind = "file"
    case .directory: kind = "dir"
    case .symlink(let bytes): (kind, target) = ("symlink", String(decoding: bytes, as: UTF8.self))
    default: break
    }
    compare("type", type, kind)
    let mode = String(entry.mode, radix: 8)
    compare("mode", normalisedMode, String(repeating: "0", count: max(0, 4 - mode.utf8.count)) + mode)
    compare("uid", uid, entry.uid)
    compare("gid", gid, entry.gid)
    // Times are clamped to the source date epoch, which the other builder did not know.
    compare("mtime", mtime.map { min($0, StageConformanceTests.epoch) }, entry.modified.seconds)
    compare("size", size, entry.size)
    compare("sha256", sha256, entry.contentDigest?.hex ?? "")
    compare("target", self.target, target)
    let attributes = entry.attributes.map {
      (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
    }
    compare("xattrs", xattrs, Dictionary(attributes) { $1 })
    return found
  }
}

extension ConformanceCase {
  /// Writes the context and changes it as the case says.
  fileprivate func prepare(_ root: Directory) throws {
    for item in context {
      if let target = item.link {
        try root.link(item.path, to: target)
      } else if item.directory == true {
        let (parent, name) = try root.parent(of: item.path)
        _ = try parent.ensureDirectory(name)
      } else {
        try root.write(item.bytes, to: item.path, mode: Self.usableMode(item.mode))
      }
    }
    for step in tweak { try apply(step, to: root) }
  }

  private func apply(_ step: Tweak, to root: Directory) throws {
    switch step.op {
    case "write": try root.write(step.content ?? "", to: step.path, mode: Self.usableMode(step.mode))
    case "write_base64":
      let bytes = step.content.flatMap { Data(base64Encoded: $0) } ?? Data()
      try root.write([UInt8](bytes), to: step.path, mode: Self.usableMode(step.mode))
    case "mkdir":
      let (parent, name) = try root.parent(of: step.path)
      _ = try parent.ensureDirectory(name)
    case "chmod": try root.setPermissions(step.path, Self.usableMode(step.mode))
    case "setxattr":
      let file = try root.file(step.path)
      defer { file.closeQuietly() }
      for (name, value) in step.xattrs ?? [:] {
        try file.setExtendedAttribute(ExtendedAttribute(name: Array(name.utf8), value: Array(value.utf8)))
      }
    case "tar": try root.write(try Self.archive(step.entries ?? []), to: step.path)
    // Times of a context do not get into images.
    case "mtime": break
    default: throw Unknown(operation: step.op)
    }
  }

  struct Unknown: Error { let operation: String }

  private static func mode(_ text: String?) -> UInt32 { text.flatMap { UInt32($0, radix: 8) } ?? 0o644 }

  /// A mode with which also an ordinary user can read and write the file; images do not tell the difference.
  private static func usableMode(_ text: String?) -> UInt32 { mode(text) | 0o600 }

  private static func archive(_ members: [Member]) throws -> [UInt8] {
    let sink = MemorySink()
    let writer = TarWriter(sink)
    for member in members {
      let content = Array((member.content ?? "").utf8)
      guard let path = EntryPath(member.name) else { throw Unknown(operation: member.name) }
      let isDirectory = member.type == "dir"
      try writer.begin(
        LayerEntry(
          path: path, kind: isDirectory ? .directory : .file(size: Int64(content.count), digest: nil),
          mode: UInt16(mode(member.mode)), uid: member.uid, gid: member.gid,
          modified: Timestamp(seconds: member.mtime)))
      try content.withUnsafeBytes { try writer.write($0) }
    }
    try writer.finish()
    return sink.bytes
  }
}

extension ConformanceCase.Item {
  var bytes: [UInt8] {
    if let base64, let data = Data(base64Encoded: base64) { return [UInt8](data) }
    return Array((content ?? "").utf8)
  }
}
