import Content
import OCI
import Synchronization

/// What this run knows about which repository holds which blob, so that blobs are linked instead of sent again.
final class BlobPlacements: Sendable {
  private struct Place: Hashable {
    let origin: Origin
    let digest: Digest
  }

  private struct State {
    var repositories: [Place: [Repository]] = [:]
    /// Seen by asking the registry, as opposed to concluded from a successful upload.
    var confirmed: Set<Endpoint.Content> = []
    /// How blobs got to where they were sent ahead of a publication, until that counts them.
    var ahead: [Endpoint.Content: BlobOutcome] = [:]
  }

  private let state = Mutex(State())

  /// Remembers that `digest` is in the endpoint's repository.
  func record(_ digest: Digest, at endpoint: Endpoint, isConfirmed: Bool) {
    state.withLock { state in
      let place = Place(origin: endpoint.origin, digest: digest)
      if state.repositories[place, default: []].contains(endpoint.repository) == false {
        state.repositories[place, default: []].append(endpoint.repository)
      }
      if isConfirmed { state.confirmed.insert(Endpoint.Content(endpoint: endpoint, digest: digest)) }
    }
  }

  /// Remembers how a blob was brought to its place before its publication began.
  func recordAhead(_ outcome: BlobOutcome, of digest: Digest, at endpoint: Endpoint) {
    state.withLock { $0.ahead[Endpoint.Content(endpoint: endpoint, digest: digest)] = outcome }
  }

  /// How a blob was brought to its place before, told once; nil when it was not.
  func takeAhead(_ digest: Digest, at endpoint: Endpoint) -> BlobOutcome? {
    state.withLock { $0.ahead.removeValue(forKey: Endpoint.Content(endpoint: endpoint, digest: digest)) }
  }

  /// Another repository of the same registry that has the blob, the first one that was recorded.
  func source(of digest: Digest, for endpoint: Endpoint) -> Repository? {
    state.withLock { state in
      state.repositories[Place(origin: endpoint.origin, digest: digest)]?.first { $0 != endpoint.repository }
    }
  }

  /// Whether the blob was brought to or seen in the endpoint's repository during this run.
  func has(_ digest: Digest, at endpoint: Endpoint) -> Bool {
    state.withLock { state in
      state.repositories[Place(origin: endpoint.origin, digest: digest)]?.contains(endpoint.repository) ?? false
    }
  }

  /// Whether the registry itself said during this run that the content is there.
  func isConfirmed(_ digest: Digest, at endpoint: Endpoint) -> Bool {
    state.withLock { $0.confirmed.contains(Endpoint.Content(endpoint: endpoint, digest: digest)) }
  }
}

extension Endpoint {
  /// One blob or manifest in one repository.
  struct Content: Hashable {
    let endpoint: Endpoint
    let digest: Digest
  }
}
