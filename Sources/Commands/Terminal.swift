import Glibc
import Linux
import SystemPackage

/// A descriptor that people look at.
struct Terminal {
  let width: Int
  let height: Int
  let isColored: Bool

  static var standardOutput: Terminal? { Terminal(.standardOutput) }
  static var standardError: Terminal? { Terminal(.standardError) }

  /// nil when the descriptor is no terminal, or one that cannot move its cursor.
  private init?(_ descriptor: FileDescriptor) {
    guard isatty(descriptor.rawValue) == 1, getenv("TERM").map({ String(cString: $0) }) != "dumb" else { return nil }
    var size = winsize()
    let known = ioctl(descriptor.rawValue, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    width = known ? Int(size.ws_col) : 80
    height = known ? Int(size.ws_row) : 24
    isColored = getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
  }
}

extension Terminal {
  /// Whether somebody would have to type, visibly.
  static var standardInputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// Everything until the end of standard input; blocks.
  ///
  /// - Throws: `EFBIG` when it is more than `limit` bytes.
  static func readStandardInput(limit: Int) throws -> [UInt8] {
    try FileDescriptor.standardInput.readAll(limit: limit)
  }
}
