import Linux
import SystemPackage

/// Which extended attributes overlay keeps its own marks in.
///
/// Real root uses `trusted.overlay.*`; in a user namespace only `user.overlay.*` can be written, with the mount option
/// `userxattr`. Neither ever becomes part of a layer.
/// See [Overlay Filesystem](https://docs.kernel.org/filesystems/overlayfs.html), "whiteouts and opaque directories".
package enum OverlayAttributes: Sendable {
  case trusted
  case user

  /// What this process can use: `trusted` needs privilege in the initial user namespace.
  package static let current: OverlayAttributes = {
    guard Machine.effectiveUser == 0, Machine.isInInitialUserNamespace else { return .user }
    return .trusted
  }()

  /// Marks a directory that hides what lower layers have at its path; the value is `y`.
  var opaque: ExtendedAttribute {
    ExtendedAttribute(
      name: Array((self == .trusted ? "trusted.overlay.opaque" : "user.overlay.opaque").utf8), value: [0x79])
  }

  /// Whether an attribute is overlay's own, hence not content.
  package static func owns(_ name: [UInt8]) -> Bool {
    name.starts(with: Array("trusted.overlay.".utf8)) || name.starts(with: Array("user.overlay.".utf8))
  }

  /// Whether `directory` hides the lower layers.
  func isOpaque(_ directory: Directory) throws(Errno) -> Bool {
    try directory.extendedAttributes().contains(opaque)
  }
}
