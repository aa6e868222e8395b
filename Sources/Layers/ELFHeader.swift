import OCI

/// What the first bytes of an ELF file say about the machine it is for.
///
/// See [ELF header](https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html).
package struct ELFHeader: Hashable, Sendable {
  package let is64Bit: Bool
  package let isBigEndian: Bool
  /// `e_type`: 1 relocatable, 2 executable, 3 shared object or position-independent executable, 4 core.
  package let type: UInt16
  /// `e_machine`.
  package let machine: UInt16
  /// `e_flags`, whose meaning depends on the machine.
  package let flags: UInt32
  /// Whether it asks for a dynamic loader, as far as the bytes given show it.
  package let isDynamic: Bool

  /// As many bytes of a file as are looked at: header and, in what linkers make, the program headers.
  package static let length = 1024

  /// nil for what is no ELF file, or is cut off inside the header.
  package init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 52, bytes[0] == 0x7F, bytes[1] == 0x45, bytes[2] == 0x4C, bytes[3] == 0x46 else { return nil }
    guard bytes[4] == 1 || bytes[4] == 2, bytes[5] == 1 || bytes[5] == 2, bytes[4] == 1 || bytes.count >= 64 else {
      return nil
    }
    let fields = Fields(bytes: bytes, isBigEndian: bytes[5] == 2)
    is64Bit = bytes[4] == 2
    isBigEndian = fields.isBigEndian
    type = UInt16(truncatingIfNeeded: fields.number(at: 16, size: 2))
    machine = UInt16(truncatingIfNeeded: fields.number(at: 18, size: 2))
    flags = UInt32(truncatingIfNeeded: fields.number(at: is64Bit ? 48 : 36, size: 4))
    isDynamic = fields.hasInterpreter(is64Bit: is64Bit)
  }

  init(is64Bit: Bool, isBigEndian: Bool, type: UInt16, machine: UInt16, flags: UInt32, isDynamic: Bool) {
    self.is64Bit = is64Bit
    self.isBigEndian = isBigEndian
    self.type = type
    self.machine = machine
    self.flags = flags
    self.isDynamic = isDynamic
  }

  /// The same for bytes in an array.
  package init?(_ bytes: [UInt8]) {
    guard let header = bytes.withUnsafeBytes({ ELFHeader($0) }) else { return nil }
    self = header
  }

  /// Numbers of either byte order.
  private struct Fields {
    let bytes: UnsafeRawBufferPointer
    let isBigEndian: Bool

    /// The caller sees to it that the number lies inside.
    func number(at offset: Int, size: Int) -> UInt64 {
      (0..<size).reduce(0) { value, position in
        value << 8 | UInt64(bytes[offset + (isBigEndian ? position : size - 1 - position)])
      }
    }

    /// Looks for `PT_INTERP` among the program headers that lie inside the bytes.
    func hasInterpreter(is64Bit: Bool) -> Bool {
      let start = number(at: is64Bit ? 32 : 28, size: is64Bit ? 8 : 4)
      let size = Int(number(at: is64Bit ? 54 : 42, size: 2))
      let count = Int(number(at: is64Bit ? 56 : 44, size: 2))
      guard size >= 32, start < UInt64(bytes.count) else { return false }
      for position in 0..<count {
        let offset = Int(start) + position * size
        guard offset + 4 <= bytes.count else { return false }
        if number(at: offset, size: 4) == 3 { return true }
      }
      return false
    }
  }
}
