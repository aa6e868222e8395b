import OCI
import SystemPackage

/// What can be wrong with stored content, as opposed to with the disk.
package enum ContentError: Error, Hashable {
  /// No blob of this digest is in the store.
  case missing(Digest)
  /// The bytes do not hash to what was promised; they were not stored.
  case digestMismatch(expected: Digest, actual: Digest)
  /// There were more or fewer bytes than promised; they were not stored.
  case sizeMismatch(digest: Digest, expected: Int64, actual: Int64)
  /// A document is larger than documents of its kind may be.
  case tooLarge(limit: Int)
  /// The directory holds an OCI layout of a version that this program does not know.
  case foreignLayout(FilePath)
  /// A document does not decode as what its media type says.
  case malformed(Digest, why: String)
}

extension ContentError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let digest): "blob \(digest) is not in the store"
    case .digestMismatch(let expected, let actual): "content hashes to \(actual) instead of \(expected)"
    case .sizeMismatch(let digest, let expected, let actual):
      "blob \(digest) has \(actual) bytes instead of \(expected)"
    case .tooLarge(let limit): "document is over the limit of \(limit) bytes"
    case .foreignLayout(let path):
      "\(path) holds an OCI layout of an unknown version; set IMGSET_HOME to another directory"
    case .malformed(let digest, let why): "document \(digest) is malformed: \(why)"
    }
  }
}
