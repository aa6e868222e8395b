import Content
import OCI

/// An image where it is now: in a registry, a layout, an archive.
package protocol CopySource: BlobSource {
  /// How people name the place, for messages.
  var name: String { get }

  /// What the place's name stands for now: the image or index to copy.
  func root() async throws -> ResolvedManifest

  /// What an index lists: its bytes, verified against the descriptor's digest and size, or nil when the place does not
  /// have it as a manifest.
  func document(_ descriptor: Descriptor) async throws -> ResolvedManifest?

  /// Manifests at the place that name one of these as their subject.
  func referrers(of digests: [Digest]) async throws -> [Descriptor]
}

/// Where an image goes.
package protocol CopyDestination: BlobSink {
  /// How people name the place, for messages.
  var name: String { get }

  /// Whether the manifest is there, so that neither it nor what it refers to need be sent.
  func contains(manifest: Descriptor) async throws -> Bool

  /// Puts a manifest by its digest, byte for byte; everything it refers to is there already.
  func put(_ manifest: ResolvedManifest) async throws

  /// Puts a manifest that names another one as its subject, and lists it where referrers are looked for; one at a time,
  /// because some registries keep the list as a document that is replaced as a whole.
  func attach(_ manifest: ResolvedManifest) async throws

  /// Puts the copy's root under the place's name; everything before is invisible without it.
  ///
  /// - Returns: `name@digest` for people and scripts.
  func publish(_ manifest: ResolvedManifest) async throws -> String
}
