import FoundationEssentials
import Glibc
import Layers
import Linux
import OCI
import SystemPackage

/// Short forms for the tests of this target.
func path(_ text: String) -> EntryPath {
  guard let path = EntryPath(text) else { preconditionFailure("not a path: \(text)") }
  return path
}

func file(_ name: String, size: Int = 0, digest: Digest? = nil, mode: UInt16 = 0o644) -> LayerEntry {
  LayerEntry(path: path(name), kind: .file(size: Int64(size), digest: digest), mode: mode)
}

func directory(_ name: String, mode: UInt16 = 0o755) -> LayerEntry {
  LayerEntry(path: path(name), kind: .directory, mode: mode)
}

func symlink(_ name: String, _ target: String) -> LayerEntry {
  LayerEntry(path: path(name), kind: .symlink(target: Array(target.utf8)), mode: 0o777)
}

func hardLink(_ name: String, _ target: String) -> LayerEntry {
  LayerEntry(path: path(name), kind: .hardLink(path(target)), mode: 0o644)
}

/// Entries and contents of an archive, with nothing left out.
func readAll(
  _ bytes: [UInt8], whiteouts: TarReader.Whiteouts = .interpret
) throws -> [(entry: LayerEntry, content: [UInt8])] {
  let reader = TarReader(MemorySource(bytes), whiteouts: whiteouts)
  var result: [(entry: LayerEntry, content: [UInt8])] = []
  while let entry = try reader.next() {
    var content: [UInt8] = []
    try reader.withContent { content.append(contentsOf: $0) }
    result.append((entry, content))
  }
  return result
}

func decompressed(_ bytes: [UInt8], limits: ReadLimits = .default, bufferSize: Int = 100_000) throws -> [UInt8] {
  let source = try DecompressingSource(DripSource(bytes, size: 7777), limits: limits)
  var result: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: bufferSize)
  while true {
    let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
    if count == 0 { return result }
    result += buffer[..<count]
  }
}

func compressed(
  _ bytes: [UInt8], _ compression: Compression, workers: Int = 2, pieces: Int = 100_000
) throws -> [UInt8] {
  let sink = MemorySink()
  let compressor = try compression.compressor(into: sink, workers: workers)
  try bytes.withUnsafeBytes { all in
    for start in stride(from: 0, to: all.count, by: pieces) {
      try compressor.write(UnsafeRawBufferPointer(rebasing: all[start..<min(all.count, start + pieces)]))
    }
  }
  try compressor.finish()
  return sink.bytes
}

/// Gives bytes in pieces of a size, as pipes and sockets do.
final class DripSource: ByteSource {
  private let bytes: [UInt8]
  private let size: Int
  private var position = 0

  init(_ bytes: [UInt8], size: Int) {
    self.bytes = bytes
    self.size = size
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(size, buffer.count, bytes.count - position)
    buffer.copyBytes(from: bytes[position..<(position + count)])
    position += count
    return count
  }
}

/// Another program, as a judge of what we write or a maker of what we read.
enum Tool {
  struct Failure: Error {
    let command: [String]
    let status: Int32
    let output: String
  }

  static func isInstalled(_ name: String) -> Bool {
    ["/bin", "/usr/bin", "/usr/local/bin"].contains { access("\($0)/\(name)", X_OK) == 0 }
  }

  /// Runs a shell command with positional parameters; returns its standard output.
  @discardableResult
  static func shell(_ script: String, _ arguments: String..., in directory: FilePath) throws -> [UInt8] {
    let output = directory.appending("tool-output")
    let command = [
      "sh", "-c", "cd \"$0\" && export LC_ALL=C TZ=UTC && { \(script)\n} >\"$0/tool-output\" 2>\"$0/tool-errors\"",
    ]
    var pointers = (command + [directory.string] + arguments).map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    var process = pid_t()
    let failure = posix_spawnp(&process, "sh", nil, nil, &pointers, environ)
    if failure != 0 { throw Errno(rawValue: failure) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 { if errno != EINTR { throw Errno(rawValue: errno) } }
    if status != 0 {
      let errors = String(decoding: try bytes(of: directory.appending("tool-errors")), as: UTF8.self)
      throw Failure(command: [script] + arguments, status: status, output: errors)
    }
    return try bytes(of: output)
  }

  static func bytes(of path: FilePath) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly)
    return try file.closeAfter { try file.readAll(limit: 1 << 28) }
  }

  static func write(_ bytes: [UInt8], to path: FilePath) throws {
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite, .groupRead, .otherRead])
    _ = try file.closeAfter { try file.writeAll(bytes) }
  }
}

/// The cases that came from other projects.
enum Fixture {
  static let directory = FilePath(#filePath).removingLastComponent().appending("Fixtures")

  static func bytes(_ name: String) throws -> [UInt8] { try Tool.bytes(of: directory.appending(name)) }

  static func json<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
    try JSONDecoder().decode(type, from: Data(bytes(name)))
  }
}

/// A temporary directory for blocking work, removed afterwards.
func inTemporaryDirectory<T: Sendable>(_ body: @escaping @Sendable (FilePath) throws -> T) async throws -> T {
  try await withTemporaryDirectory(prefix: "layers-") { path, _ in
    try await BlockingPool.shared.run { try body(path) }
  }
}
