import Content
import OCI
import Synchronization

/// What a publication says while it works; blobs report in between each other.
package enum PublicationEvent: Sendable {
  /// How many blobs at their destinations there will be, and how many bytes they have together.
  case planned(blobs: Int, bytes: Int64)
  /// So many bytes of a blob have been sent so far; starts again when an upload is repeated.
  case sending(Descriptor, to: Endpoint, bytes: Int64)
  /// A blob is at its destination.
  case placed(Descriptor, at: Endpoint, BlobOutcome)
  /// Everything has been sent; the destinations are being checked.
  case verifying
  /// A tag points to the digest now.
  case tagged(Reference, Digest)
}

/// Counts what happens to the blobs of one publication.
final class PublicationLedger: Sendable {
  private struct State {
    var sentBytes: Int64 = 0
    var counts: [BlobOutcome: Int] = [:]
  }

  private let state = Mutex(State())
  private let progress: @Sendable (PublicationEvent) -> Void

  init(_ progress: @escaping @Sendable (PublicationEvent) -> Void) { self.progress = progress }

  /// Bytes of the blobs that were sent, each counted once however often it was tried.
  var sentBytes: Int64 { state.withLock { $0.sentBytes } }
  var counts: [BlobOutcome: Int] { state.withLock { $0.counts } }

  /// Brings one blob to one destination and counts how.
  func push(
    _ descriptor: Descriptor, from store: ContentStore, to endpoint: Endpoint, _ client: RegistryClient
  ) async throws {
    let progress = progress
    let ahead = client.placements.takeAhead(descriptor.digest, at: endpoint)
    let outcome: BlobOutcome
    if let ahead {
      outcome = ahead
    } else {
      outcome = try await client.push(descriptor, from: store, to: endpoint) { bytes in
        progress(.sending(descriptor, to: endpoint, bytes: bytes))
      }
    }
    state.withLock { state in
      state.counts[outcome, default: 0] += 1
      if outcome == .sent { state.sentBytes += descriptor.size }
    }
    progress(.placed(descriptor, at: endpoint, outcome))
  }
}
