import Linux
import SystemPackage

/// How foreign executables get to their emulator inside a step.
enum Emulation: Hashable, Sendable {
  /// Everything runs natively.
  case none
  /// Registered in the binfmt_misc of the step's own user namespace; the machine's table is left alone.
  case own(Emulator)
  /// The machine's own registration, on kernels whose binfmt_misc cannot be private.
  case machine

  /// Chooses for a foreign platform: private since kernel 6.7, else what the machine has registered.
  ///
  /// - Throws: `RunError.machineCannot` when neither is there.
  static func choose(for emulator: Emulator) throws(RunError) -> Emulation {
    if Machine.kernelVersion >= .init(6, 7), hasBinfmtMisc { return .own(emulator) }
    guard machineHandles(emulator.architecture) else {
      throw .machineCannot(
        what: "run programs for \(emulator.architecture)",
        reason: "kernel \(Machine.kernelVersion) has no private binfmt_misc (since 6.7), and none is registered",
        help: "apt-get install binfmt-support qemu-user-static")
    }
    return .machine
  }

  private static var hasBinfmtMisc: Bool {
    let types = Machine.contents(of: "/proc/filesystems").split(whereSeparator: { $0 == 0x0A || $0 == 0x09 })
    return types.contains { $0.elementsEqual("binfmt_misc".utf8) }
  }

  /// Whether an enabled entry with the fixed-interpreter flag and this architecture's magic is registered.
  static func machineHandles(_ architecture: String) -> Bool {
    guard let format = ELFFormat(architecture: architecture),
      let table = try? Directory(at: "/proc/sys/fs/binfmt_misc"), let entries = try? table.entries()
    else { return false }
    let magic = format.magic.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return entries.contains { entry in
      guard let file = try? table.file(entry.name), entry.name != Array("register".utf8) else { return false }
      defer { file.closeQuietly() }
      let text = String(decoding: (try? file.readAll(limit: 4096)) ?? [], as: UTF8.self)
      let lines = text.split(separator: "\n")
      return lines.first == "enabled" && lines.contains { $0.hasPrefix("flags:") && $0.contains("F") }
        && lines.contains { $0.hasPrefix("magic ") && $0.hasSuffix(magic) }
    }
  }
}

extension UserMapping {
  /// Maps every id that exists in this user namespace to itself.
  ///
  /// The whole range is given as two lines: runtimes take a single line of 4294967295 for the initial namespace and then
  /// try what only real root may do, such as making devices.
  static func identity() -> UserMapping {
    UserMapping(uidMap: identity(of: "/proc/self/uid_map"), gidMap: identity(of: "/proc/self/gid_map"))
  }

  private static func identity(of file: FilePath) -> String {
    let numbers = String(decoding: Machine.contents(of: file), as: UTF8.self).split(whereSeparator: \.isWhitespace)
      .compactMap { UInt64($0) }
    var lines = ""
    for start in stride(from: 0, to: numbers.count - numbers.count % 3, by: 3) {
      let (first, count) = (numbers[start], numbers[start + 2])
      if first == 0, count == 4_294_967_295 {
        lines += "0 0 2147483647\n2147483647 2147483647 2147483648\n"
      } else {
        lines += "\(first) \(first) \(count)\n"
      }
    }
    return lines
  }
}
