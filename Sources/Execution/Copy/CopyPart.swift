import Content
import Layers
import Linux
import OCI
import Planning

/// One source, or several of one tree, before its files are opened.
enum CopyPart: Sendable {
  /// Paths of the context, a stage or an image.
  case local(CopyTree)
  /// A file that has this digest, fetched at the latest when the layer is written.
  case download(DownloadSource, Digest)
  /// A commit, checked out when the layer is written.
  case repository(RepositorySource, commit: String)
}

/// A tree of which something is copied, and where its content is.
struct CopyTree: Sendable {
  enum Place: Sendable {
    /// Below a directory on this machine.
    case directory(Directory)
    /// The layers of another stage or image, lowest first.
    case layers([StoredLayer])
    /// The only file of the tree is this blob.
    case blob(Digest)
  }

  var tree: Tree
  var selections: [CopySelection]
  var place: Place
  /// Files among the selections that are archives are unpacked.
  var unpacksArchives = false
  /// Owners stay as they are.
  var keepsOwners = false
  /// What an error calls it.
  var name = ""
  /// For a context, what was found in it.
  var scan: ContextScan?

  /// The files that are copied.
  var files: [TreeEntry] {
    selections.flatMap { [$0.entry] + tree.content(of: $0) }.filter {
      if case .file = $0.entry.kind { true } else { false }
    }
  }

  /// The files of the context among them whose digest is not known, by the names that the context has for them.
  var unhashed: Set<EntryPath> {
    guard let scan, !scan.isHashed else { return [] }
    return Set(files.lazy.map(\.source).filter { scan.unhashed[$0] != nil })
  }
}
