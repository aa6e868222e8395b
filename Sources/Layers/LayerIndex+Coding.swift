import struct Linux.ExtendedAttribute
import OCI

extension LayerIndex {
  /// Of the encoding; a cache holding another version is made again.
  private static let magic = Array("imgset-layer-index-2\n".utf8)

  /// A compact encoding for a cache on this machine: paths share their prefix with the one before.
  package func encoded() -> [UInt8] {
    var writer = IndexEncoder()
    writer.bytes += Self.magic
    writer.put(UInt64(entries.count))
    var previous: [UInt8] = []
    for entry in entries {
      writer.put(entry, after: previous)
      previous = entry.path.bytes
    }
    writer.put(UInt64(binaries.count))
    for (path, binary) in binaries.sorted(by: { $0.key < $1.key }) { writer.put(binary, at: path) }
    return writer.bytes
  }

  /// Reads what ``encoded()`` wrote. Damaged data makes an error, never more memory than the data's own size warrants.
  ///
  /// - Throws: ``LayerError/badIndex(_:)``.
  package init(encoded bytes: some Sequence<UInt8>) throws {
    var reader = IndexDecoder(Array(bytes))
    guard try reader.take(Self.magic.count).elementsEqual(Self.magic) else {
      throw LayerError.badIndex("another version")
    }
    let count = try reader.number()
    var entries: [LayerEntry] = []
    var previous: [UInt8] = []
    for _ in 0..<count {
      let entry = try reader.entry(after: previous)
      if let last = entries.last, !LayerEntry.precedes(last, entry) { throw LayerError.badIndex("not in order") }
      entries.append(entry)
      previous = entry.path.bytes
    }
    var binaries: [EntryPath: ELFHeader] = [:]
    for _ in 0..<(try reader.number()) {
      let (path, binary) = try reader.binary()
      binaries[path] = binary
    }
    guard reader.isAtEnd else { throw LayerError.badIndex("data behind the end") }
    self.init(sorted: entries, binaries: binaries)
  }
}

/// The kinds of entries as numbers of the encoding; never reuse one.
private enum KindCode: UInt8 {
  case file = 1
  case fileWithDigest
  case directory
  case symlink
  case hardLink
  case characterDevice
  case blockDevice
  case fifo
  case whiteout
  case opaque
}

private struct IndexEncoder {
  var bytes: [UInt8] = []

  /// LEB128.
  mutating func put(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func put(_ data: [UInt8]) {
    put(UInt64(data.count))
    bytes += data
  }

  mutating func put(_ entry: LayerEntry, after previous: [UInt8]) {
    let path = entry.path.bytes
    var shared = 0
    while shared < min(path.count, previous.count), path[shared] == previous[shared] { shared += 1 }
    put(UInt64(shared))
    put(Array(path[shared...]))
    put(entry.kind)
    put(UInt64(entry.mode))
    put(UInt64(entry.uid))
    put(UInt64(entry.gid))
    put(UInt64(bitPattern: entry.modified.seconds))
    put(UInt64(entry.modified.nanoseconds))
    put(UInt64(entry.attributes.count))
    for attribute in entry.attributes {
      put(attribute.name)
      put(attribute.value)
    }
  }

  mutating func put(_ binary: ELFHeader, at path: EntryPath) {
    put(path.bytes)
    put(UInt64(binary.is64Bit ? 1 : 0) | (binary.isBigEndian ? 2 : 0) | (binary.isDynamic ? 4 : 0))
    put(UInt64(binary.type))
    put(UInt64(binary.machine))
    put(UInt64(binary.flags))
  }

  private mutating func put(_ kind: LayerEntry.Kind) {
    func code(_ code: KindCode) -> UInt8 { code.rawValue }
    switch kind {
    case .file(let size, let digest):
      bytes.append(code(digest == nil ? .file : .fileWithDigest))
      put(UInt64(size))
      if let digest { put(Array(digest.description.utf8)) }
    case .directory: bytes.append(code(.directory))
    case .symlink(let target):
      bytes.append(code(.symlink))
      put(target)
    case .hardLink(let target):
      bytes.append(code(.hardLink))
      put(target.bytes)
    case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
      if case .characterDevice = kind { bytes.append(code(.characterDevice)) } else { bytes.append(code(.blockDevice)) }
      put(UInt64(major))
      put(UInt64(minor))
    case .fifo: bytes.append(code(.fifo))
    case .whiteout: bytes.append(code(.whiteout))
    case .opaque: bytes.append(code(.opaque))
    }
  }
}

private struct IndexDecoder {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - position else { throw LayerError.badIndex("too short") }
    defer { position += count }
    return bytes[position..<(position + count)]
  }

  mutating func number() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let byte = try take(1).first ?? 0
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw LayerError.badIndex("an endless number")
  }

  private mutating func number<T: FixedWidthInteger>(as _: T.Type) throws -> T {
    guard let value = T(exactly: try number()) else { throw LayerError.badIndex("a number too large") }
    return value
  }

  private mutating func data() throws -> [UInt8] { Array(try take(number(as: Int.self))) }

  private mutating func path(_ bytes: [UInt8]) throws -> EntryPath {
    guard let path = EntryPath(tarName: bytes), path.bytes == bytes else { throw LayerError.badIndex("a bad path") }
    return path
  }

  mutating func entry(after previous: [UInt8]) throws -> LayerEntry {
    let shared = try number(as: Int.self)
    guard shared <= previous.count else { throw LayerError.badIndex("a bad path") }
    let path = try path(Array(previous[..<shared]) + data())
    let kind = try kind()
    let mode = try number(as: UInt16.self)
    let uid = try number(as: UInt32.self)
    let gid = try number(as: UInt32.self)
    let modified = Timestamp(seconds: Int64(bitPattern: try number()), nanoseconds: try number(as: UInt32.self))
    var attributes: [ExtendedAttribute] = []
    for _ in 0..<(try number()) { attributes.append(ExtendedAttribute(name: try data(), value: try data())) }
    return LayerEntry(
      path: path, kind: kind, mode: mode, uid: uid, gid: gid, modified: modified, attributes: attributes)
  }

  mutating func binary() throws -> (EntryPath, ELFHeader) {
    let path = try path(data())
    let bits = try number()
    return (
      path,
      ELFHeader(
        is64Bit: bits & 1 != 0, isBigEndian: bits & 2 != 0, type: try number(as: UInt16.self),
        machine: try number(as: UInt16.self), flags: try number(as: UInt32.self), isDynamic: bits & 4 != 0)
    )
  }

  private mutating func kind() throws -> LayerEntry.Kind {
    switch KindCode(rawValue: try take(1).first ?? 0) {
    case .file: return .file(size: try number(as: Int64.self), digest: nil)
    case .fileWithDigest:
      let size = try number(as: Int64.self)
      guard let digest = Digest(String(decoding: try data(), as: UTF8.self)) else {
        throw LayerError.badIndex("a bad digest")
      }
      return .file(size: size, digest: digest)
    case .directory: return .directory
    case .symlink: return .symlink(target: try data())
    case .hardLink: return .hardLink(try path(data()))
    case .characterDevice:
      return .characterDevice(major: try number(as: UInt32.self), minor: try number(as: UInt32.self))
    case .blockDevice: return .blockDevice(major: try number(as: UInt32.self), minor: try number(as: UInt32.self))
    case .fifo: return .fifo
    case .whiteout: return .whiteout
    case .opaque: return .opaque
    case nil: throw LayerError.badIndex("an unknown kind of entry")
    }
  }
}
