import Linux
import OCI
import SystemPackage

/// The kernel's form of the seccomp profile, kept in a file so that not every container compiles it again.
///
/// A classic BPF program: instructions of 8 bytes, at most 4096 of them. See seccomp(2) and crun(1),
/// `run.oci.seccomp_bpf_data`.
struct CompiledSeccomp: Sendable {
  /// The annotation in `config.json` that hands the filter to crun.
  static let annotation = "run.oci.seccomp_bpf_data"

  private let stateRoot: FilePath
  private let name: String

  /// - Parameters:
  ///   - stateRoot: the directory that holds the file.
  ///   - key: what the filter depends on besides the profile itself: runtime and kernel.
  init(stateRoot: FilePath, key: String) {
    self.stateRoot = stateRoot
    let profile = (try? CanonicalJSON.encode(SeccompProfile.forBuild)) ?? []
    // Tells our own versions apart, nothing more: a plain hash is enough.
    let hash = (Array(key.utf8) + profile).reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    name = "seccomp-" + String(hash, radix: 16) + ".bpf"
  }

  func load() -> [UInt8]? {
    guard let directory = try? Directory(at: stateRoot) else { return nil }
    return Self.read(name, in: directory)
  }

  func save(_ filter: [UInt8]) throws {
    let directory = try Directory(at: stateRoot)
    let temporary = ".tmp-" + Directory.randomName()
    let file = try directory.file(temporary, .writeOnly, options: [.create, .exclusiveCreate], permissions: 0o600)
    defer { file.closeQuietly() }
    try file.writeFully(filter)
    try directory.rename(temporary, to: name)
  }

  /// A filter from a file; nil when there is none or it cannot be one.
  static func read(_ name: String, in directory: Directory) -> [UInt8]? {
    guard let file = try? directory.file(name) else { return nil }
    defer { file.closeQuietly() }
    guard let bytes = try? file.readAll(limit: 4096 * 8), !bytes.isEmpty, bytes.count % 8 == 0 else { return nil }
    return bytes
  }

  /// Base64 with padding, RFC 4648 section 4.
  static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let value = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for position in 0..<4 {
        let digit = Int(value >> UInt32(18 - 6 * position) & 63)
        text.append(position <= group.count ? alphabet[digit] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
