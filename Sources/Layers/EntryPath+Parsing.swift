extension EntryPath {
  /// Normalises a name from a tar archive: leading slashes, `.` and doubled slashes go, and `..` takes away the
  /// component before it but never leaves the root.
  ///
  /// Cleaning is lexical, as container engines do for names in layers (`a/../b` is `b` even where `a` is a link).
  /// - Returns: nil when the name holds a NUL, is longer than ``maximumLength`` or deeper than ``maximumDepth``.
  package init?(tarName: some Sequence<UInt8>) {
    var result: [UInt8] = []
    var start = 0
    func endComponent() {
      let length = result.count - start
      let dot = UInt8(ascii: ".")
      if length == 0 || (length == 1 && result[start] == dot) {
        result.removeLast(length)
      } else if length == 2, result[start] == dot, result[start + 1] == dot {
        result.removeLast(2)
        if !result.isEmpty {
          result.removeLast()  // the slash behind the component that goes
          while let last = result.last, last != UInt8(ascii: "/") { result.removeLast() }
        }
      } else {
        result.append(UInt8(ascii: "/"))
      }
      start = result.count
    }
    for byte in tarName {
      if byte == 0 || result.count > Self.maximumLength { return nil }
      if byte == UInt8(ascii: "/") { endComponent() } else { result.append(byte) }
    }
    endComponent()
    if !result.isEmpty { result.removeLast() }
    if result.count > Self.maximumLength { return nil }
    if result.count >= 2 * Self.maximumDepth {
      let depth = result.reduce(1) { $1 == UInt8(ascii: "/") ? $0 + 1 : $0 }
      if depth > Self.maximumDepth { return nil }
    }
    self.init(normalised: result)
  }

  /// Normalises text that the user or an image gave, such as a destination or a working directory, in the same way.
  package init?(_ text: some StringProtocol) { self.init(tarName: text.utf8) }
}
