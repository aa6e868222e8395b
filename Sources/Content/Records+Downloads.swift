import GRDB
import OCI
import struct Crypto.SHA256

/// What a URL last gave, and how to ask the server whether it still does.
package struct DownloadRecord: Hashable, Sendable {
  /// Of the content, under which the store had it.
  package var digest: Digest
  /// In bytes.
  package var size: Int64
  /// The header `ETag` as it came.
  package var entityTag: String?
  /// The header `Last-Modified` as it came.
  package var modified: String?

  package init(digest: Digest, size: Int64, entityTag: String?, modified: String?) {
    self.digest = digest
    self.size = size
    self.entityTag = entityTag
    self.modified = modified
  }
}

extension Records {
  /// What a URL last gave; nil when it was never downloaded. The content may be gone from the store since.
  ///
  /// - Throws: `DatabaseError`.
  package func download(of url: String) throws -> DownloadRecord? {
    let row = try database.read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM download WHERE url = ?", arguments: [Self.key(of: url)])
    }
    guard let row, let digest = Digest(row["digest"] as String) else { return nil }
    return DownloadRecord(digest: digest, size: row["size"], entityTag: row["entityTag"], modified: row["modified"])
  }

  /// Remembers what a URL gave.
  package func setDownload(of url: String, to record: DownloadRecord) throws {
    try database.write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO download (url, digest, size, entityTag, modified) VALUES (?, ?, ?, ?, ?)",
        arguments: [Self.key(of: url), record.digest.description, record.size, record.entityTag, record.modified])
    }
  }

  /// A hash instead of the URL itself, which can hold a password or a token.
  private static func key(of url: String) -> String { Digest(sha256: SHA256.hash(data: Array(url.utf8))).description }
}
