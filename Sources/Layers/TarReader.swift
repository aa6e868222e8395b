/// Reads a tar archive from a stream: v7, ustar, pax, GNU and star headers, in one pass and with bounded memory.
///
/// Call ``next()`` for each entry and, between two calls, ``read(into:)`` or ``withContent(_:)`` for the content of a
/// file; content that is not read is skipped. An archive may end with or without its two blocks of zeros, but not
/// inside an entry.
package final class TarReader {
  /// How names that begin with `.wh.` are taken.
  package enum Whiteouts: Sendable {
    /// As the marks that they are in layers.
    case interpret
    /// As plain names, for archives that are not layers.
    case literal
  }

  /// The most bytes that extended headers before one entry may have.
  static let extendedHeaderLimit: Int64 = 1 << 20
  /// The most bytes that the global headers of an archive may have together, since they count for every entry.
  static let globalHeaderLimit: Int64 = 64 << 10

  private let buffer: BufferedSource
  private let whiteouts: Whiteouts
  private var global = PaxRecords()
  private var globalByteCount: Int64 = 0
  private var remaining: Int64 = 0
  private var padding = 0
  private var isAtEnd = false
  private var sawHeader = false

  package init(_ source: any ByteSource, whiteouts: Whiteouts = .interpret) {
    buffer = BufferedSource(source)
    self.whiteouts = whiteouts
  }

  /// Where the reader is in the uncompressed stream, in bytes: right after ``next()``, where the content starts.
  package var offset: Int64 { buffer.offset }

  /// The next entry, or nil at the end of the archive.
  ///
  /// - Throws: ``LayerError/malformed(_:offset:)``, ``LayerError/truncated(offset:)`` or what the source throws.
  package func next() throws -> LayerEntry? {
    while !isAtEnd {
      try skipContent()
      guard let raw = try nextRaw() else {
        isAtEnd = true
        return nil
      }
      let isFile = raw.flag == TarHeader.Flag.file || raw.flag == TarHeader.Flag.contiguous
      remaining = isFile ? raw.size : 0
      padding = TarHeader.padding(after: remaining)
      if let entry = try entry(for: raw) { return entry }
    }
    return nil
  }

  /// Reads content of the current entry; 0 at its end.
  package func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    let wanted = UnsafeMutableRawBufferPointer(rebasing: target.prefix(Int(min(remaining, Int64(target.count)))))
    if wanted.isEmpty { return 0 }
    let count = try buffer.read(into: wanted)
    if count == 0 { throw LayerError.truncated(offset: offset) }
    remaining -= Int64(count)
    return count
  }

  /// Hands the content of the current entry to `body`, piece by piece and without copying.
  package func withContent(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    while remaining > 0 {
      let count = try buffer.withAvailable(upTo: remaining, body)
      if count == 0 { throw LayerError.truncated(offset: offset) }
      remaining -= Int64(count)
    }
  }

  /// Reads the source to its end, so that whoever hashes it has seen all of it.
  package func drain() throws {
    while try buffer.withAvailable(upTo: .max, { _ in }) > 0 {}
    isAtEnd = true
    remaining = 0
    padding = 0
  }

  private func skipContent() throws {
    try withContent { _ in }
    while padding > 0 {
      let count = try buffer.withAvailable(upTo: Int64(padding)) { _ in }
      // The last padding may be missing: the content is whole.
      if count == 0 { break }
      padding -= count
    }
    padding = 0
  }

  /// Reads headers up to and with the next one that stands for an entry.
  private func nextRaw() throws -> RawTarEntry? {
    var extensions = TarExtensions()
    while true {
      let start = offset
      guard let header = try readHeader() else {
        if extensions.isEmpty { return nil }
        throw LayerError.truncated(offset: offset)
      }
      let raw = try RawTarEntry(header, offset: start)
      switch raw.flag {
      case TarHeader.Flag.extended, TarHeader.Flag.solarisExtended, TarHeader.Flag.global,
        TarHeader.Flag.gnuLongName, TarHeader.Flag.gnuLongLink:
        let data = try extendedData(of: raw, used: extensions.byteCount)
        if raw.flag == TarHeader.Flag.global {
          globalByteCount += Int64(data.count)
          if globalByteCount > Self.globalHeaderLimit {
            throw LayerError.malformed(.extendedHeaderTooLarge(globalByteCount), offset: start)
          }
          var records = PaxRecords()
          guard records.parse(data) else { throw LayerError.malformed(.extendedHeader, offset: start) }
          global = global.merging(records)
        } else if !extensions.add(raw.flag, data) {
          throw LayerError.malformed(.extendedHeader, offset: start)
        }
      case TarHeader.Flag.gnuVolume:
        continue
      default:
        return try raw.applying(extensions, global: global)
      }
    }
  }

  private func extendedData(of raw: RawTarEntry, used: Int) throws -> [UInt8] {
    guard raw.size >= 0, raw.size + Int64(used) <= Self.extendedHeaderLimit else {
      throw LayerError.malformed(.extendedHeaderTooLarge(raw.size), offset: raw.offset)
    }
    guard let data = try buffer.readExactly(Int(raw.size)) else { throw LayerError.truncated(offset: offset) }
    padding = TarHeader.padding(after: raw.size)
    try skipContent()
    return data
  }

  /// The next header; nil at the end of the archive, marked or not.
  private func readHeader() throws -> [UInt8]? {
    let start = offset
    guard let block = try buffer.readExactly(TarHeader.blockSize, orEnd: true) else {
      throw LayerError.truncated(offset: offset)
    }
    if block.isEmpty { return nil }
    if block.allSatisfy({ $0 == 0 }) {
      guard let second = try buffer.readExactly(TarHeader.blockSize, orEnd: true) else { return nil }
      if second.allSatisfy({ $0 == 0 }) { return nil }
      throw LayerError.malformed(sawHeader ? .checksum : .notAnArchive, offset: start)
    }
    let sums = block.withUnsafeBytes { TarHeader.sums(of: $0) }
    let stored = TarNumber.parse(block[TarHeader.checksum])
    guard let stored, stored == sums.unsigned || stored == sums.signed else {
      throw LayerError.malformed(sawHeader ? .checksum : .notAnArchive, offset: start)
    }
    sawHeader = true
    return block
  }

  /// Makes a layer's entry of a header; nil for names that mean nothing.
  private func entry(for raw: RawTarEntry) throws -> LayerEntry? {
    guard let path = EntryPath(tarName: raw.name) else { throw LayerError.malformed(.name, offset: raw.offset) }
    if whiteouts == .interpret {
      switch WhiteoutName.meaning(of: path) {
      case .ordinary: break
      case .bookkeeping: return nil
      case .invalid: throw LayerError.malformed(.whiteoutName, offset: raw.offset)
      case .whiteout(let hidden): return .whiteout(hidden, modified: raw.modified)
      case .opaque(let directory): return .opaque(directory, modified: raw.modified)
      }
    }
    let kind = try raw.kind()
    if path.isRoot, kind != .directory { throw LayerError.malformed(.rootIsNotADirectory, offset: raw.offset) }
    return LayerEntry(
      path: path, kind: kind, mode: raw.mode, uid: raw.uid, gid: raw.gid, modified: raw.modified,
      attributes: raw.attributes)
  }
}
