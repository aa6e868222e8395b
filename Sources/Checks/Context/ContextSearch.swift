import Diagnostics
import Dockerfile

/// Finds what the source of a COPY names, as a build would.
struct ContextSearch {
  /// How a search can end.
  enum Outcome: Hashable, Sendable {
    case found
    /// Something is there, and the ignore file leaves it out: its path.
    case ignored(String)
    /// Nothing is there; the name that was most likely meant.
    case absent(near: String?)
    /// The pattern is not well formed.
    case malformed
  }

  /// Paths that one pattern may lead to before it counts as found.
  private static let limit = 4096

  let files: any ContextFiles
  let ignore: IgnorePatterns?

  /// Looks for a path or pattern; slashes and `..` at its start do not leave the context.
  func search(_ pattern: String) -> Outcome {
    let parts = Self.parts(pattern)
    var found: [[UInt8]] = [[]]
    for part in parts {
      if part.contains(where: { "*?[\\".utf8.contains($0) }) {
        guard let name = NamePattern(part) else { return .malformed }
        found = found.flatMap { directory in
          files.names(in: directory).filter { name.matches($0) }.map { Self.join(directory, $0) }
        }
      } else {
        found = found.map { Self.join($0, part) }
      }
      if found.count > Self.limit { return .found }
    }
    let there = found.filter { files.kind(of: $0) != nil }
    guard let first = there.first else { return .absent(near: suggestion(parts)) }
    if there.contains(where: isVisible) { return .found }
    return .ignored(String(decoding: first, as: UTF8.self))
  }

  private func isVisible(_ path: [UInt8]) -> Bool {
    guard let ignore, !path.isEmpty, ignore.ignores(path) else { return true }
    // Something below may be taken back in; whether it is there is for the build to find out.
    return ignore.hasNegations && files.kind(of: path) == .directory
  }

  /// The name beside the missing one that is most like it.
  private func suggestion(_ parts: [[UInt8]]) -> String? {
    guard let last = parts.last else { return nil }
    let parent = Array(parts.dropLast().joined(separator: "/".utf8))
    let names = files.names(in: parent).prefix(1000).map { String(decoding: $0, as: UTF8.self) }.sorted()
    let near = didYouMean(String(decoding: last, as: UTF8.self), among: names)
    return near.map { parent.isEmpty ? $0 : String(decoding: parent, as: UTF8.self) + "/" + $0 }
  }

  private static func join(_ directory: [UInt8], _ name: [UInt8]) -> [UInt8] {
    directory.isEmpty ? name : directory + [UInt8(ascii: "/")] + name
  }

  /// The components of a path from the context on, `.` and `..` worked in.
  static func parts(_ path: String) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    for part in path.utf8.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
      if part.elementsEqual("..".utf8) { _ = parts.popLast() } else { parts.append(Array(part)) }
    }
    return parts
  }
}
