import Assembly
import Components
import Content
import Diagnostics
import Distribution
import Layers
import Linux
import OCI
import ReleasePayload
import SystemPackage

extension Pipeline {
  /// Reads the release payload that the settings name, for each platform of the run that has one.
  ///
  /// A file `.image-references.TAG` in the working directory or that of the set takes the place of all payloads.
  /// - Returns: nil when the set has no release.
  func release(of set: DiscoveredSet, with client: RegistryClient) async throws -> Release? {
    let platforms = Set(set.selected.flatMap(\.platforms))
    if let file = try await imageReferencesFile(set.settings) {
      let references = try ImageReferences(parsing: file.bytes, place: file.name)
      return Release(
        place: file.name, payloads: Dictionary(uniqueKeysWithValues: platforms.map { ($0, references) }))
    }
    guard let reference = set.settings.release.value else { return nil }
    let reader = ReleaseReader(client: client, store: store, refreshes: request.refreshesImages)
    var payloads: [Platform: ImageReferences] = [:]
    for platform in platforms.sorted() {
      payloads[platform] = try await reader.references(of: reference, for: platform)
    }
    return Release(place: reference.description, payloads: payloads)
  }

  /// The file for the tag that the settings name, or that the release image has.
  private func imageReferencesFile(_ settings: SetSettings) async throws -> (name: String, bytes: [UInt8])? {
    guard let tag = settings.tag.value ?? settings.release.value?.tag else { return nil }
    let name = ".image-references.\(tag)"
    let directories = [Machine.workingDirectory, request.directory]
    return try await BlockingPool.shared.run {
      for directory in directories {
        let path = directory.appending(name)
        let file: FileDescriptor
        do {
          file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
        } catch Errno.noSuchFileOrDirectory { continue }
        return (path.string, try file.closeAfter { try file.readAll(limit: ImageReferences.sizeLimit) })
      }
      return nil
    }
  }
}

/// Reads payloads out of a release image without fetching more of it than that takes.
struct ReleaseReader {
  let client: RegistryClient
  let store: ContentStore
  /// Whether the registry is asked again although the store knows where the reference led.
  let refreshes: Bool

  /// - Returns: nil when the release image has nothing for the platform.
  /// - Throws: `RegistryError` when the image cannot be had, `PayloadError` when it holds no usable image references.
  func references(of reference: Reference, for platform: Platform) async throws -> ImageReferences? {
    let place = "\(reference) for \(platform.shortName)"
    guard let manifest = try await manifest(of: reference, for: platform) else { return nil }
    let image = try await BlockingPool.shared.run { [store] in try Image(manifest: manifest, in: store) }
    let reader = PayloadReader(place: place)
    // The document is in one of the last layers of every release image.
    for layer in image.layers.reversed() {
      try await client.download(layer.descriptor, of: reference, into: store)
      let finding = try await BlockingPool.shared.run { [store] in
        let file = try store.open(layer.descriptor.digest)
        defer { file.closeQuietly() }
        return try reader.look(in: FileSource(file), mediaType: layer.descriptor.mediaType, diffID: layer.diffID)
      }
      switch finding {
      case .document(let bytes): return try ImageReferences(parsing: bytes, place: place)
      case .removed: throw PayloadError.absent(from: place)
      case nil: continue
      }
    }
    throw PayloadError.absent(from: place)
  }

  private func manifest(of reference: Reference, for platform: Platform) async throws -> Descriptor? {
    let known = try await BlockingPool.shared.run { [store, refreshes] () throws -> Descriptor? in
      guard !refreshes, let known = try store.records.resolution(of: reference, platform) else { return nil }
      guard let document = try? store.manifest(known), store.contains(document.config) else { return nil }
      return known
    }
    if let known { return known }
    do {
      let pulled = try await client.pull(reference, platform: platform, into: store, withLayers: false)
      try await BlockingPool.shared.run { [store] in
        try store.records.setResolution(of: reference, platform, to: pulled.manifest)
      }
      return pulled.manifest
    } catch let error as RegistryError where error.kind == .platform {
      return nil
    }
  }
}
