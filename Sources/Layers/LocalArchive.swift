import Linux
import OCI
import SystemPackage

/// A tar archive in a build context, ready to be added to a layer in path order.
///
/// Archives have any order, layers have path order, so the archive is read twice: once for its entries, then
/// each file's content by its offset. That needs the uncompressed archive in a file: a plain archive is that file, a
/// compressed one is decompressed, in the first pass, into an unnamed temporary file, which goes when this object does.
package final class LocalArchive: Sendable {
  /// An entry and where its content is.
  package struct Member: Hashable, Sendable {
    package let entry: LayerEntry
    /// Of the content in the uncompressed archive; meaningless for entries without.
    let offset: Int64
  }

  /// In path order, as the archive unpacked into an empty root would be: each path once, links among the parents
  /// followed, and of the names of one file the first one with its content and the others as hard links to it. The
  /// archive's own root may be among them. Parents that the archive does not name are not here. Names that begin
  /// with `.wh.` stand as they are and cannot be written to a layer.
  package let members: [Member]
  private let content: FileDescriptor
  private let ownsContent: Bool

  /// Reads the entries of an archive, plain or compressed.
  ///
  /// - Parameters:
  ///   - file: seekable, read from its start; stays the caller's and has to stay open as long as contents are read.
  ///   - temporary: where the content of a compressed archive may be put.
  /// - Returns: nil when the file is no tar archive or holds no entry, so that it is a file like others.
  /// - Throws: ``LayerError`` for an archive that is damaged, or what reading and writing throws.
  package static func open(
    _ file: FileDescriptor, temporary: Directory, limits: ReadLimits = .default
  ) throws -> LocalArchive? {
    let source = try DecompressingSource(FileSource(file, offset: 0), limits: limits)
    if source.format == nil {
      guard let members = try readMembers(source) else { return nil }
      return try LocalArchive(members, content: file, ownsContent: false)
    }
    let spool = try temporary.unnamedFile()
    do {
      if let members = try readMembers(SpoolingSource(source, into: FileSink(spool))) {
        return try LocalArchive(members, content: spool, ownsContent: true)
      }
    } catch {
      try? spool.close()
      throw error
    }
    try spool.close()
    return nil
  }

  private init(_ archived: [Member], content: FileDescriptor, ownsContent: Bool) throws {
    members = try Self.ordered(archived)
    self.content = content
    self.ownsContent = ownsContent
  }

  deinit {
    // Nothing was promised about a temporary file without a name, so its close cannot lose anything.
    if ownsContent { try? content.close() }
  }

  /// The content of a member that is a file; nil for others. Valid while the archive is.
  package func content(of member: Member) -> FileContent? {
    guard case .file = member.entry.kind else { return nil }
    return .range(content, offset: member.offset)
  }

  /// A member's entry below `directory`; the targets of hard links move along, those of symbolic links stay as they are.
  package static func entry(of member: Member, below directory: EntryPath) -> LayerEntry {
    var entry = member.entry
    entry.path = directory.appending(entry.path)
    if case .hardLink(let target) = entry.kind { entry.kind = .hardLink(directory.appending(target)) }
    return entry
  }

  private static func ordered(_ archived: [Member]) throws -> [Member] {
    let entries = archived.map(\.entry)
    var bySource: [EntryPath: Member] = [:]
    for index in LayerIndex.order(entries) { bySource[entries[index].path] = archived[index] }
    let tree = try Tree([LayerIndex(entries)])
    var firstNames: [EntryPath: EntryPath] = [:]
    return ([tree.lookup(.root)].compactMap(\.self) + tree.descendants()).compactMap { found in
      guard let member = bySource[found.source] else { return nil }
      var entry = found.entry
      if let first = firstNames[found.source] { entry.kind = .hardLink(first) }
      if !entry.isDirectory, firstNames[found.source] == nil { firstNames[found.source] = found.path }
      return Member(entry: entry, offset: member.offset)
    }
  }

  private static func readMembers(_ source: any ByteSource) throws -> [Member]? {
    let reader = TarReader(source, whiteouts: .literal)
    var members: [Member] = []
    do {
      var budget = IndexBudget()
      while let entry = try reader.next() {
        try budget.spend(on: entry)
        members.append(Member(entry: entry, offset: reader.offset))
      }
      // A compressed file that ends too early or is damaged behind the archive is still a bad file.
      if !members.isEmpty { try reader.drain() }
    } catch let error as LayerError where members.isEmpty && isForeign(error) {
      return nil
    }
    return members.isEmpty ? nil : members
  }

  /// Whether the error, before any entry, says that this is no archive rather than a bad one.
  private static func isForeign(_ error: LayerError) -> Bool {
    switch error {
    case .malformed(.notAnArchive, _), .truncated, .corrupt, .truncatedCompression: true
    default: false
    }
  }
}

/// Hands on bytes of another source and keeps a copy.
private final class SpoolingSource: ByteSource {
  private let base: any ByteSource
  private let sink: any ByteSink

  init(_ base: any ByteSource, into sink: any ByteSink) {
    self.base = base
    self.sink = sink
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try base.read(into: buffer)
    try sink.write(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
    return count
  }
}
