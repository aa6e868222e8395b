import Content
import Layers
import Linux
import OCI
import SystemPackage

/// Something that files are copied from: a tree, what of it was asked for, and how to read its files.
struct CopySource {
  let tree: Tree
  /// What is copied, each with the name that it gets in a destination directory.
  var selections: [CopySelection]
  let contents: any FileContents
  /// Whether owners stay as they are.
  var keepsOwners = false
  /// Whether names of one file stay names of one file.
  var keepsHardLinks = true
  /// The names that an unpacked archive has; nil for anything else.
  var members: Set<EntryPath>?
  /// What an error calls the source.
  var name = ""

  var isArchive: Bool { members != nil }

  /// Whether the tree has a directory only because an archive names something in it.
  func implies(_ directory: EntryPath) -> Bool { members.map { !$0.contains(directory) } ?? false }
}

/// One file or directory that a source pattern of an instruction led to.
struct CopySelection: Hashable {
  /// The name of the file in a destination directory; empty where there is none.
  let name: ArraySlice<UInt8>
  let entry: TreeEntry
  /// Of a directory, what below it is copied, in path order and each behind its parents; nil for all.
  var chosen: [TreeEntry]?
}

extension Tree {
  /// What is copied besides the selection itself: for a directory what is below it and not left out.
  func content(of selection: CopySelection) -> [TreeEntry] {
    guard selection.entry.entry.isDirectory else { return [] }
    return selection.chosen ?? descendants(of: selection.entry.path)
  }
}

/// Reads the files of a tree. Used on one thread that may block.
protocol FileContents {
  /// Hands the content of a file to `body`, which must have read it when it returns.
  func withContent(of entry: TreeEntry, _ body: (FileContent) throws -> Void) throws
}

/// The files of a build context, opened one after the other below its directory, never through a link.
struct ContextContents: FileContents {
  let root: Directory

  func withContent(of entry: TreeEntry, _ body: (FileContent) throws -> Void) throws {
    let file = try explaining("open", entry.source.bytes) { () throws(Errno) in
      try root.file(entry.source.bytes, .readOnly, .beneathWithoutLinks)
    }
    defer { file.closeQuietly() }
    try body(.file(file))
  }
}

/// A file that is a blob of the store.
struct BlobContents: FileContents {
  let store: ContentStore
  let digest: Digest

  func withContent(of entry: TreeEntry, _ body: (FileContent) throws -> Void) throws {
    let file = try store.open(digest)
    defer { file.closeQuietly() }
    try body(.file(file))
  }
}

/// Files whose content stands in the Dockerfile.
struct InlineContents: FileContents {
  let files: [EntryPath: [UInt8]]

  func withContent(of entry: TreeEntry, _ body: (FileContent) throws -> Void) throws {
    try body(.bytes(files[entry.source] ?? []))
  }
}

extension SpooledFiles: FileContents {
  func withContent(of entry: TreeEntry, _ body: (FileContent) throws -> Void) throws { try body(content(of: entry)) }
}

/// The members of an archive that is unpacked.
struct ArchiveContents: FileContents {
  let archive: LocalArchive
  /// Keeps the archive's own file open.
  let file: OwnedFile
  let members: [EntryPath: LocalArchive.Member]

  func withContent(of entry: TreeEntry, _ body: (FileContent) throws -> Void) throws {
    guard let content = members[entry.source].flatMap(archive.content(of:)) else {
      throw LayerError.contentMismatch(entry.path)
    }
    try body(content)
  }
}

/// A descriptor that is closed with the last reference to it.
final class OwnedFile {
  let descriptor: FileDescriptor

  init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

  deinit { descriptor.closeQuietly() }
}
