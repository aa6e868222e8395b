import SystemPackage

/// A failed system call with what was being done to which path: the form in which an `Errno` leaves a module.
package struct PathError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Imperative and lower case: `open`, `create directory`.
  package var action: String
  package var path: [UInt8]
  package var errno: Errno

  package init(_ action: String, _ path: [UInt8], _ errno: Errno) {
    self.action = action
    self.path = path
    self.errno = errno
  }

  package var description: String {
    "cannot \(action) '\(String(decoding: path, as: UTF8.self))': \(errno)"
  }
}

/// Runs `body` and names action and path in the error it throws.
package func explaining<R>(
  _ action: @autoclosure () -> String, _ path: @autoclosure () -> [UInt8], _ body: () throws(Errno) -> R
) throws(PathError) -> R {
  do {
    return try body()
  } catch {
    throw PathError(action(), path(), error)
  }
}
