import Content
import Layers
import Linux
import OCI

/// What a scan of a build context found: entries as a layer would list them, and which contents are not hashed yet.
///
/// The entries are sorted by path and normalised as git does: owner root, files 0644 or 0755, directories 0755, one time for
/// all, so that a checkout on another machine gives the same layer. Of the extended attributes those are kept that mean the
/// same everywhere: `user.*` and file capabilities.
package struct ContextScan: Sendable {
  package var entries: [LayerEntry]
  /// Files whose digest is not remembered, with what the kernel says about them.
  package var unhashed: [EntryPath: FileIdentity]

  /// Whether every file's digest is known, so that the cache key can be computed without reading a file.
  package var isHashed: Bool { unhashed.isEmpty }
}

/// Whether the ignore file leaves a path out of the build context.
package enum ContextVisibility: Hashable, Sendable {
  case visible
  case ignored
  /// The directory itself is left out, but something below it may be taken back in.
  case ignoredButSearched
}
