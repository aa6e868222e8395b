import struct Crypto.SHA256
import OCI

/// Everything a step depends on, as named values: the digest of its canonical form is the step's cache key.
///
/// The form is kept beside the result, so that a miss can name the input that changed (design decision D7).
package struct CacheInputs: Hashable, Sendable, Encodable {
  /// Grows with every change to what steps do with the same inputs.
  private static let formatVersion = "2"

  private var values: [String: String]

  /// - Parameters:
  ///   - kind: which kind of step this is.
  ///   - parent: the stack of layers below, as a chainID; nil for an empty tree.
  package init(kind: String, parent: Digest?, platform: Platform) {
    values = [
      "version": Self.formatVersion, "kind": kind, "parent": parent?.description ?? "",
      "platform": platform.description,
    ]
  }

  /// One input; a name is set once.
  package subscript(name: String) -> String {
    get { values[name] ?? "" }
    set { values[name] = newValue }
  }

  /// A list as an input: unambiguous whatever its elements hold.
  package mutating func set(_ name: String, _ list: [String]) {
    values[name] = (try? CanonicalJSON.encode(list)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// The canonical form: JSON with sorted keys.
  package var canonical: String {
    (try? CanonicalJSON.encode(values)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// The cache key.
  package var key: Digest { Digest(sha256: SHA256.hash(data: Array(canonical.utf8))) }

  /// The names of the inputs that differ from those of an earlier run, sorted.
  package func changes(since earlier: String) -> [String] {
    guard let old = try? CanonicalJSON.decode([String: String].self, from: Array(earlier.utf8), limit: 64 << 20) else {
      return []
    }
    return Set(old.keys).union(values.keys).filter { old[$0] != values[$0] }.sorted()
  }

  package func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
}

extension Digest {
  /// The chainID of a stack of layers; nil for none.
  package static func chainID(of diffIDs: some Sequence<Digest>) -> Digest? {
    chainID(of: diffIDs) { Digest(sha256: SHA256.hash(data: Array($0.utf8))) }
  }
}
