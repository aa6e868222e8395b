import CLinux
import SystemPackage

/// Something that can be handed to the kernel as a path: bytes, a string or a `FilePath`.
///
/// Bytes are the general form, since Linux names need not be text in any encoding. A value with a NUL byte inside
/// names nothing, so it fails with `EINVAL` instead of being cut short.
package protocol PathText: Sendable {
  /// Calls `body` with the bytes as a C string, valid for the call only.
  func withCPath<R>(_ body: (UnsafePointer<CChar>) throws(Errno) -> R) throws(Errno) -> R
}

extension Array: PathText where Element == UInt8 {
  package func withCPath<R>(_ body: (UnsafePointer<CChar>) throws(Errno) -> R) throws(Errno) -> R {
    guard !contains(0) else { throw .invalidArgument }
    var terminated = ContiguousArray<CChar>()
    terminated.reserveCapacity(count + 1)
    for byte in self { terminated.append(CChar(bitPattern: byte)) }
    terminated.append(0)
    let buffer = terminated
    return try buffer.withUnsafeBufferPointer { pointer throws(Errno) in
      guard let base = pointer.baseAddress else { throw .invalidArgument }
      return try body(base)
    }
  }
}

extension String: PathText {
  package func withCPath<R>(_ body: (UnsafePointer<CChar>) throws(Errno) -> R) throws(Errno) -> R {
    try Array(utf8).withCPath(body)
  }
}

extension FilePath: PathText {
  package func withCPath<R>(_ body: (UnsafePointer<CChar>) throws(Errno) -> R) throws(Errno) -> R {
    try bytes.withCPath(body)
  }

  /// The path exactly as the kernel sees it, without a terminating NUL.
  package var bytes: [UInt8] {
    withPlatformString { pointer in
      var bytes: [UInt8] = []
      var next = pointer
      while next.pointee != 0 {
        bytes.append(UInt8(bitPattern: next.pointee))
        next += 1
      }
      return bytes
    }
  }

  /// A path from raw bytes; everything from the first NUL on is dropped.
  package init(bytes: some Sequence<UInt8>) {
    var terminated = bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
    terminated.append(0)
    self.init(platformString: terminated)
  }
}

/// Turns the `-errno` convention of `CLinux` into a thrown `Errno`.
@discardableResult
@inline(__always)
func check<Value: SignedInteger>(_ result: Value) throws(Errno) -> Value {
  guard result >= 0 else { throw Errno(rawValue: CInt(-result)) }
  return result
}

/// A name that is one path component, hence cannot leave the directory it is looked up in.
func checkName<R>(
  _ name: borrowing some PathText, _ body: (UnsafePointer<CChar>) throws(Errno) -> R
) throws(Errno) -> R {
  try name.withCPath { pointer throws(Errno) in
    var length = 0
    while pointer[length] != 0 {
      guard pointer[length] != 0x2F else { throw .invalidArgument }
      length += 1
    }
    let isDot = pointer[0] == 0x2E && (length == 1 || (length == 2 && pointer[1] == 0x2E))
    guard length > 0, !isDot else { throw .invalidArgument }
    return try body(pointer)
  }
}
