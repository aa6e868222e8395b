/// Writes a tar archive whose bytes depend on the entries only.
///
/// Headers are ustar; a pax header goes before an entry only for what ustar cannot hold: long names, large numbers, parts of
/// seconds, extended attributes. User and group names are left empty, and the archive ends with two blocks of
/// zeros. Names are bytes, in ustar and pax headers alike.
package final class TarWriter {
  private let sink: any ByteSink
  private let block: UnsafeMutableRawBufferPointer
  private var remaining: Int64 = 0
  private var padding = 0
  private var current = EntryPath.root

  package init(_ sink: any ByteSink) {
    self.sink = sink
    block = .allocate(byteCount: 2 * TarHeader.blockSize, alignment: 16)
  }

  deinit { block.deallocate() }

  /// Starts an entry. For a file exactly its size has to be given to ``write(_:)`` before the next entry.
  ///
  /// - Throws: ``LayerError/unrepresentable(_:_:)`` for what no archive can hold, or what the sink throws.
  package func begin(_ entry: LayerEntry) throws {
    try endContent()
    let fields = try TarFields(entry)
    if !fields.pax.isEmpty { try writePax(fields.pax) }
    try writeHeader(fields)
    current = entry.path
    remaining = entry.size
    padding = TarHeader.padding(after: entry.size)
  }

  /// Adds content to the file that was begun.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    if Int64(bytes.count) > remaining {
      throw LayerError.contentChanged(current, expected: remaining, read: Int64(bytes.count))
    }
    remaining -= Int64(bytes.count)
    try sink.write(bytes)
  }

  /// Ends the archive.
  package func finish() throws {
    try endContent()
    block.initializeMemory(as: UInt8.self, repeating: 0)
    try sink.write(UnsafeRawBufferPointer(block))
  }

  private func endContent() throws {
    if remaining > 0 { throw LayerError.contentChanged(current, expected: remaining, read: 0) }
    try pad(padding)
    padding = 0
  }

  private func pad(_ count: Int) throws {
    if count == 0 { return }
    let zeros = UnsafeMutableRawBufferPointer(rebasing: block.prefix(count))
    zeros.initializeMemory(as: UInt8.self, repeating: 0)
    try sink.write(UnsafeRawBufferPointer(zeros))
  }

  private func writePax(_ records: [UInt8]) throws {
    var fields = TarFields(name: Array("././@PaxHeader".utf8), flag: TarHeader.Flag.extended)
    fields.size = Int64(records.count)
    fields.mode = 0o644
    try writeHeader(fields)
    try records.withUnsafeBytes { try sink.write($0) }
    try pad(TarHeader.padding(after: Int64(records.count)))
  }

  private func writeHeader(_ fields: TarFields) throws {
    let header = UnsafeMutableRawBufferPointer(rebasing: block.prefix(TarHeader.blockSize))
    fields.store(in: header)
    try sink.write(UnsafeRawBufferPointer(header))
  }
}
