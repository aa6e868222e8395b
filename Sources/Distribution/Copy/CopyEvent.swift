import Content
import OCI
import Synchronization

/// What a copy says while it works; blobs report in between each other.
package enum CopyEvent: Sendable {
  /// How many blobs there are, and how many bytes they have together.
  case planned(blobs: Int, bytes: Int64)
  /// The blob has been copied so far; goes back when a transfer is repeated.
  case copying(Descriptor, bytes: Int64)
  /// The blob is at its destination.
  case placed(Descriptor, BlobOutcome)
}

/// A source that tells how far each reading has come.
struct ReportingSource: BlobSource {
  let base: any BlobSource
  let report: @Sendable (CopyEvent) -> Void

  func read(
    _ descriptor: Descriptor, from offset: Int64, _ consume: ([UInt8]) async throws -> Void
  ) async throws {
    var position = offset
    try await base.read(descriptor, from: offset) { piece in
      try await consume(piece)
      position += Int64(piece.count)
      report(.copying(descriptor, bytes: position))
    }
  }
}
