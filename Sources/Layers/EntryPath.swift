/// Where an entry lives inside an image: bytes, relative to the image's root, already normalised.
///
/// There is no leading or trailing slash and no empty, `.` or `..` component; the root itself is the empty path. Bytes
/// are compared, never characters, so names that differ only in Unicode normalisation stay different.
package struct EntryPath: Hashable, Sendable {
  /// The components joined by `/`; empty for the root.
  package let bytes: [UInt8]

  /// The root of the image.
  package static let root = EntryPath(normalised: [])

  /// The longest path that is accepted, in bytes, as Linux's `PATH_MAX`.
  package static let maximumLength = 4096

  /// The most components that are accepted. Trees are merged by recursion, so this bounds the stack that a hostile
  /// archive can make it need.
  package static let maximumDepth = 512

  /// Takes bytes that are known to be normalised.
  init(normalised bytes: [UInt8]) { self.bytes = bytes }

  package var isRoot: Bool { bytes.isEmpty }

  /// The directory that holds this path; nil for the root.
  package var parent: EntryPath? {
    if isRoot { return nil }
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return .root }
    return EntryPath(normalised: Array(bytes[..<slash]))
  }

  /// The last component; empty for the root.
  package var name: ArraySlice<UInt8> {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes[...] }
    return bytes[(slash + 1)...]
  }

  /// The components from the root downwards.
  package var components: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }

  /// The path of a child.
  ///
  /// - Precondition: `name` is one component: not empty, `.` or `..`, and without slash or NUL.
  package func appending(name: some Collection<UInt8>) -> EntryPath {
    precondition(Self.isComponent(name), "a component is expected")
    return EntryPath(normalised: isRoot ? Array(name) : bytes + [UInt8(ascii: "/")] + name)
  }

  /// This path with another one below it.
  package func appending(_ path: EntryPath) -> EntryPath {
    if path.isRoot { return self }
    return EntryPath(normalised: isRoot ? path.bytes : bytes + [UInt8(ascii: "/")] + path.bytes)
  }

  /// Whether this path is strictly below `ancestor`.
  package func isDescendant(of ancestor: EntryPath) -> Bool {
    if ancestor.isRoot { return !isRoot }
    return bytes.count > ancestor.bytes.count && bytes[ancestor.bytes.count] == UInt8(ascii: "/")
      && bytes.starts(with: ancestor.bytes)
  }

  /// The part of this path below `ancestor`, or nil when it is neither `ancestor` nor below it.
  package func relative(to ancestor: EntryPath) -> EntryPath? {
    if self == ancestor { return .root }
    guard isDescendant(of: ancestor) else { return nil }
    return EntryPath(normalised: Array(bytes[(ancestor.isRoot ? 0 : ancestor.bytes.count + 1)...]))
  }

  static func isComponent(_ name: some Collection<UInt8>) -> Bool {
    let dot = UInt8(ascii: ".")
    if name.isEmpty || (name.count <= 2 && name.allSatisfy { $0 == dot }) { return false }
    return !name.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
  }
}

extension EntryPath: Comparable {
  /// Component by component in byte order, so that a directory comes before what it holds and all of that stays together.
  package static func < (left: EntryPath, right: EntryPath) -> Bool { compare(left.bytes, right.bytes) < 0 }

  /// Negative, zero or positive as `left` comes before, equals or comes after `right`.
  static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
          return rank(left[index]) - rank(right[index])
        }
        return left.count - right.count
      }
    }
  }

  /// The separator sorts below every byte that a name can hold.
  private static func rank(_ byte: UInt8) -> Int { byte == UInt8(ascii: "/") ? 0 : Int(byte) + 1 }
}

extension EntryPath: CustomStringConvertible {
  /// For people: absolute, with bytes that are not UTF-8 replaced. Never use it to open anything.
  package var description: String { "/" + String(decoding: bytes, as: UTF8.self) }
}
