import Linux

extension FileIdentity {
  /// The identity of the file that `status` tells of.
  package init(_ status: FileStatus) {
    func nanoseconds(_ time: FileStatus.Time) -> Int64 { time.seconds &* 1_000_000_000 &+ Int64(time.nanoseconds) }
    self.init(
      device: UInt64(status.device.major) << 32 | UInt64(status.device.minor), inode: status.inode,
      size: Int64(status.size), modified: nanoseconds(status.modified), changed: nanoseconds(status.changed))
  }
}
