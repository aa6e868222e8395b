import struct Linux.ExtendedAttribute

/// The fields of a header before they are made sense of: names as stored, the size as stored.
struct RawTarEntry {
  /// Of the header in the stream, for errors.
  let offset: Int64
  var flag: UInt8
  var name: [UInt8]
  var link: [UInt8]
  var size: Int64
  var mode: UInt16
  var uid: UInt32
  var gid: UInt32
  var modified: Timestamp
  var device: (major: Int64, minor: Int64)
  var attributes: [ExtendedAttribute] = []

  /// - Throws: ``LayerError/malformed(_:offset:)`` for fields that hold no number.
  init(_ header: [UInt8], offset: Int64) throws {
    self.offset = offset
    func number(_ field: Range<Int>, _ name: String) throws -> Int64 {
      guard let value = TarNumber.parse(header[field]) else {
        throw LayerError.malformed(.number(field: name), offset: offset)
      }
      return value
    }
    flag = header[TarHeader.type] == 0 ? TarHeader.Flag.file : header[TarHeader.type]
    name = Self.text(header[TarHeader.name])
    link = Self.text(header[TarHeader.linkName])
    size = try number(TarHeader.size, "size")
    mode = UInt16(truncatingIfNeeded: try number(TarHeader.mode, "mode") & 0o7777)
    uid = try Self.identifier(number(TarHeader.uid, "uid"), "uid", offset)
    gid = try Self.identifier(number(TarHeader.gid, "gid"), "gid", offset)
    modified = Timestamp(seconds: try number(TarHeader.mtime, "mtime"))
    device = (0, 0)
    if flag == TarHeader.Flag.character || flag == TarHeader.Flag.block {
      device = (try number(TarHeader.deviceMajor, "devmajor"), try number(TarHeader.deviceMinor, "devminor"))
    }
    if let prefix = Self.prefix(of: header) { name = prefix + [UInt8(ascii: "/")] + name }
    if size < 0 { throw LayerError.malformed(.number(field: "size"), offset: offset) }
  }

  /// The directory part that a long name is stored with; nil when there is none.
  private static func prefix(of header: [UInt8]) -> [UInt8]? {
    let prefix: [UInt8]
    switch String(decoding: header[TarHeader.magic], as: UTF8.self) {
    case "ustar\0":
      let isStar = header[TarHeader.starMark].elementsEqual("tar\0".utf8)
      prefix = text(header[isStar ? TarHeader.starPrefix : TarHeader.prefix])
    case "ustar ":
      // GNU's format has times here and no prefix. Go before 1.8 wrote a prefix all the same; it shows in the times
      // being no numbers.
      let areTimes = [TarHeader.gnuAccessTime, TarHeader.gnuChangeTime].allSatisfy {
        header[$0.lowerBound] == 0 || TarNumber.parse(header[$0]) != nil
      }
      let old = text(header[TarHeader.prefix])
      prefix = areTimes || !old.allSatisfy { $0 < 0x80 } ? [] : old
    default:
      prefix = []
    }
    return prefix.isEmpty ? nil : prefix
  }

  /// What the entry is.
  ///
  /// - Throws: ``LayerError/malformed(_:offset:)`` for types that have no counterpart in an image.
  func kind() throws -> LayerEntry.Kind {
    switch flag {
    case TarHeader.Flag.file, TarHeader.Flag.contiguous: return .file(size: size, digest: nil)
    case TarHeader.Flag.directory: return .directory
    case TarHeader.Flag.symlink: return .symlink(target: link)
    case TarHeader.Flag.hardLink:
      guard let target = EntryPath(tarName: link) else { throw LayerError.malformed(.name, offset: offset) }
      return .hardLink(target)
    case TarHeader.Flag.character:
      let (major, minor) = try deviceNumbers()
      return .characterDevice(major: major, minor: minor)
    case TarHeader.Flag.block:
      let (major, minor) = try deviceNumbers()
      return .blockDevice(major: major, minor: minor)
    case TarHeader.Flag.fifo: return .fifo
    case TarHeader.Flag.gnuSparse: throw LayerError.malformed(.sparse, offset: offset)
    default: throw LayerError.malformed(.type(flag), offset: offset)
    }
  }

  private func deviceNumbers() throws -> (UInt32, UInt32) {
    guard let major = UInt32(exactly: device.major), let minor = UInt32(exactly: device.minor) else {
      throw LayerError.malformed(.number(field: "devmajor"), offset: offset)
    }
    return (major, minor)
  }

  static func identifier(_ value: Int64, _ field: String, _ offset: Int64) throws -> UInt32 {
    // Some writers store -1 and -2 (nobody) as they are.
    if let id = UInt32(exactly: value) { return id }
    if let id = Int32(exactly: value) { return UInt32(bitPattern: id) }
    throw LayerError.malformed(.number(field: field), offset: offset)
  }

  /// A field's bytes up to the first NUL.
  private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }
}

/// What extended headers say about the entry that follows them.
struct TarExtensions {
  private var records = PaxRecords()
  private var longName: [UInt8]?
  private var longLink: [UInt8]?
  /// The size of all headers taken in.
  private(set) var byteCount = 0
  private(set) var isEmpty = true

  /// Takes in the content of one extended header; false when it is damaged.
  mutating func add(_ flag: UInt8, _ data: [UInt8]) -> Bool {
    isEmpty = false
    byteCount += data.count
    switch flag {
    case TarHeader.Flag.gnuLongName: longName = Array(data.prefix { $0 != 0 })
    case TarHeader.Flag.gnuLongLink: longLink = Array(data.prefix { $0 != 0 })
    default: return records.parse(data)
    }
    return true
  }

  fileprivate func effective(_ global: PaxRecords) -> PaxRecords { global.merging(records) }

  fileprivate var names: (name: [UInt8]?, link: [UInt8]?) { (longName, longLink) }
}

extension RawTarEntry {
  /// The entry with everything that extended headers say about it.
  func applying(_ extensions: TarExtensions, global: PaxRecords) throws -> RawTarEntry {
    let records = extensions.effective(global)
    if records.isSparse { throw LayerError.malformed(.sparse, offset: offset) }
    func number(_ key: [UInt8], _ field: String) throws -> Int64? {
      guard let text = records[key] else { return nil }
      let isNegative = text.first == UInt8(ascii: "-")
      guard let value = PaxRecords.decimal(text.dropFirst(isNegative ? 1 : 0)) else {
        throw LayerError.malformed(.number(field: field), offset: offset)
      }
      return isNegative ? -Int64(value) : Int64(value)
    }
    var entry = self
    entry.name = records[PaxRecords.path] ?? extensions.names.name ?? name
    entry.link = records[PaxRecords.linkPath] ?? extensions.names.link ?? link
    entry.size = try number(PaxRecords.size, "size") ?? size
    if entry.size < 0 { throw LayerError.malformed(.number(field: "size"), offset: offset) }
    if let value = try number(PaxRecords.uid, "uid") { entry.uid = try Self.identifier(value, "uid", offset) }
    if let value = try number(PaxRecords.gid, "gid") { entry.gid = try Self.identifier(value, "gid", offset) }
    if let text = records[PaxRecords.mtime] {
      guard let time = Timestamp(pax: text) else { throw LayerError.malformed(.number(field: "mtime"), offset: offset) }
      entry.modified = time
    }
    entry.attributes = records.attributes
    // Old archives have no type for directories, only the slash; a long name's short form may end in one by chance.
    if flag == TarHeader.Flag.file, entry.name.last == UInt8(ascii: "/") { entry.flag = TarHeader.Flag.directory }
    return entry
  }
}
