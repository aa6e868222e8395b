import Linux
import SystemPackage

/// How executables of an architecture are recognised, and the name qemu has for it.
///
/// See the ELF header in elf(5) and
/// [binfmt_misc](https://docs.kernel.org/admin-guide/binfmt-misc.html) for magic and mask.
struct ELFFormat: Hashable, Sendable {
  var emulatorName: String
  /// `e_machine` of the ELF header.
  var machine: UInt16
  var is64Bit: Bool
  var isBigEndian = false

  /// - Parameter architecture: OCI spelling; nil when qemu-user has nothing for it.
  init?(architecture: String) {
    switch architecture {
    case "386": (emulatorName, machine, is64Bit) = ("i386", 3, false)
    case "amd64": (emulatorName, machine, is64Bit) = ("x86_64", 62, true)
    case "arm": (emulatorName, machine, is64Bit) = ("arm", 40, false)
    case "arm64": (emulatorName, machine, is64Bit) = ("aarch64", 183, true)
    case "loong64": (emulatorName, machine, is64Bit) = ("loongarch64", 258, true)
    case "mips64le": (emulatorName, machine, is64Bit) = ("mips64el", 8, true)
    case "ppc64le": (emulatorName, machine, is64Bit) = ("ppc64le", 21, true)
    case "riscv64": (emulatorName, machine, is64Bit) = ("riscv64", 243, true)
    case "s390x": (emulatorName, machine, is64Bit, isBigEndian) = ("s390x", 22, true, true)
    default: return nil
    }
  }

  /// The first 20 bytes of an executable: identification, padding, type 2 (executable), machine.
  var magic: [UInt8] {
    let identification: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, is64Bit ? 2 : 1, isBigEndian ? 2 : 1, 1, 0]
    let (low, high) = (UInt8(machine & 0xFF), UInt8(machine >> 8))
    return identification + [UInt8](repeating: 0, count: 8) + (isBigEndian ? [0, 2, high, low] : [2, 0, low, high])
  }

  /// Leaves open the ABI byte and whether the type is 2 or 3 (position independent).
  var mask: [UInt8] {
    var mask = [UInt8](repeating: 0xFF, count: 20)
    mask[7] = 0
    mask[isBigEndian ? 17 : 16] = 0xFE
    return mask
  }

  /// The line to write to binfmt_misc's `register`.
  ///
  /// Flags: P keeps argv[0], O passes the program as a descriptor, C takes credentials from the program (set-id), F opens
  /// the interpreter now, so that it need not exist inside the image.
  func registration(name: String, interpreter: FilePath) -> [UInt8] {
    func escaped(_ bytes: [UInt8]) -> String {
      bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    let head = ":\(name):M:0:\(escaped(magic)):\(escaped(mask)):"
    return Array(head.utf8) + interpreter.bytes + Array(":POCF".utf8)
  }

  /// Whether `path` is an executable that needs no dynamic loader: an ELF file without `PT_INTERP`.
  static func isStaticExecutable(_ path: FilePath) -> Bool {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return false }
    defer { file.closeQuietly() }
    guard let status = try? file.status(), status.kind == .file, status.permissions & 0o111 != 0 else { return false }
    var header = [UInt8](repeating: 0, count: 4096)
    guard let count = try? header.withUnsafeMutableBytes({ try file.readFully(into: $0) }), count >= 64 else {
      return false
    }
    return header.withUnsafeBytes { !hasInterpreter(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  /// Looks through the program headers; anything that is not a native 64- or 32-bit ELF file counts as dynamic.
  private static func hasInterpreter(_ header: UnsafeRawBufferPointer) -> Bool {
    guard Array(header[0..<4]) == [0x7F, 0x45, 0x4C, 0x46] else { return true }
    let is64Bit = header[4] == 2
    let start =
      is64Bit
      ? Int(clamping: header.loadUnaligned(fromByteOffset: 32, as: UInt64.self))
      : Int(header.loadUnaligned(fromByteOffset: 28, as: UInt32.self))
    let size = Int(header.loadUnaligned(fromByteOffset: is64Bit ? 54 : 42, as: UInt16.self))
    let count = Int(header.loadUnaligned(fromByteOffset: is64Bit ? 56 : 44, as: UInt16.self))
    guard size >= 32, start >= 0, start <= header.count, start + size * count <= header.count else { return true }
    return (0..<count).contains { header.loadUnaligned(fromByteOffset: start + $0 * size, as: UInt32.self) == 3 }
  }
}
