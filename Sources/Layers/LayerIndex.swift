import OCI

/// What a layer contains: its entries without the content of files.
///
/// Entries are in the order of ``LayerEntry/precedes(_:_:)``, each path at most once besides its marks; where an archive
/// names a path twice the later entry counts. Names are those of the archive: a parent may be a symbolic link, which
/// only ``Tree`` resolves.
package struct LayerIndex: Hashable, Sendable {
  package let entries: [LayerEntry]
  /// The ELF files among the entries whose content was read, by path.
  package let binaries: [EntryPath: ELFHeader]

  /// Takes entries that are in order already.
  init(sorted entries: [LayerEntry], binaries: [EntryPath: ELFHeader] = [:]) {
    self.entries = entries
    self.binaries = binaries
  }

  /// Takes entries in the order of an archive.
  package init(_ archived: [LayerEntry], binaries: [EntryPath: ELFHeader] = [:]) {
    self.binaries = binaries
    if zip(archived, archived.dropFirst()).allSatisfy({ LayerEntry.precedes($0, $1) }) {
      entries = archived
    } else {
      entries = Self.order(archived).map { archived[$0] }
    }
  }

  /// Reads a layer's uncompressed tar stream to its end, hashing the content of each file.
  package static func read(from source: any ByteSource) throws -> LayerIndex {
    try read(TarReader(source))
  }

  /// Reads what is left of an archive.
  package static func read(_ reader: TarReader) throws -> LayerIndex {
    var entries: [LayerEntry] = []
    var binaries: [EntryPath: ELFHeader] = [:]
    var budget = IndexBudget()
    while let entry = try reader.next() {
      try budget.spend(on: entry)
      let (hashed, binary) = try reader.hashingContent(of: entry)
      entries.append(hashed)
      if !entry.isMark { binaries[entry.path] = binary }
    }
    return LayerIndex(entries, binaries: binaries)
  }

  /// The entry that exists at a path of the archive, marks not counted.
  package subscript(path: EntryPath) -> LayerEntry? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      let order = EntryPath.compare(entries[middle].path.bytes, path.bytes)
      if order < 0 || (order == 0 && entries[middle].rank < 1) { low = middle + 1 } else { high = middle }
    }
    guard low < entries.count, entries[low].path == path, !entries[low].isMark else { return nil }
    return entries[low]
  }

  /// The places of the entries that count, in path order.
  ///
  /// A later entry of a path replaces an earlier one, and one that is no directory also takes away what the archive put
  /// below that path before it.
  static func order(_ entries: [LayerEntry]) -> [Int] {
    let sorted = entries.indices.sorted { left, right in
      if LayerEntry.precedes(entries[left], entries[right]) { return true }
      if LayerEntry.precedes(entries[right], entries[left]) { return false }
      return left < right
    }
    var kept: [Int] = []
    kept.reserveCapacity(sorted.count)
    /// Entries above the present one that are no directories: what came before them in the archive is gone.
    var cuts: [Int] = []
    for (position, index) in sorted.enumerated() {
      let entry = entries[index]
      if position + 1 < sorted.count {
        let next = entries[sorted[position + 1]]
        if next.path == entry.path, next.rank == entry.rank { continue }
      }
      while let cut = cuts.last, !entry.path.isDescendant(of: entries[cut].path), entry.path != entries[cut].path {
        cuts.removeLast()
      }
      if cuts.contains(where: { entry.path.isDescendant(of: entries[$0].path) && index < $0 }) { continue }
      kept.append(index)
      if !entry.isMark, !entry.isDirectory { cuts.append(index) }
    }
    return kept
  }
}

/// Bounds the memory that the entries of one archive may take: headers compress so well that a small blob can hold
/// hundreds of millions.
struct IndexBudget {
  /// Bytes, roughly; a million entries of ordinary layers take a quarter of it.
  static let limit = 1 << 30

  private var left = Self.limit

  /// - Throws: ``LayerError/tooManyEntries(limit:)`` when there is nothing left.
  mutating func spend(on entry: LayerEntry) throws {
    left -= 200 + entry.path.bytes.count
    if case .symlink(let target) = entry.kind { left -= target.count }
    for attribute in entry.attributes { left -= 100 + attribute.name.count + attribute.value.count }
    if left < 0 { throw LayerError.tooManyEntries(limit: Self.limit) }
  }
}

extension TarReader {
  /// Reads the content of the current entry: the entry with its digest where it is a file, and what machine it is for where
  /// it is an ELF file.
  package func hashingContent(of entry: LayerEntry) throws -> (entry: LayerEntry, binary: ELFHeader?) {
    guard case .file(let size, _) = entry.kind else { return (entry, nil) }
    var hash = ContentHash()
    try withContent { hash.update($0) }
    var hashed = entry
    hashed.kind = .file(size: size, digest: hash.digest)
    return (hashed, hash.binary)
  }
}
