/// What the kernel says about a file that changes whenever its content does: a key for remembered digests.
package struct FileIdentity: Hashable, Sendable {
  package var device: UInt64
  package var inode: UInt64
  /// Size in bytes.
  package var size: Int64
  /// Time of the last change of content, in nanoseconds since 1970.
  package var modified: Int64
  /// Time of the last change of content or status, in nanoseconds since 1970.
  package var changed: Int64

  package init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }
}
