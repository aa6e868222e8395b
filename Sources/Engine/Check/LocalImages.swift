import Assembly
import Checks
import Components
import Content
import Diagnostics
import OCI
import Planning

/// What the set and the store know of images; no registry is asked. Its methods block.
struct LocalImages: KnownImages {
  let store: ContentStore
  let planner: Planner

  func lack(of reference: Reference, for platform: Platform) -> ImageLack? {
    if let name = planner.origins.component(named: reference), let component = planner.set[name] {
      return lack(of: component, for: platform)
    }
    guard let digest = reference.digest, let platforms = platforms(of: digest),
      !platforms.contains(where: platform.runnable.contains)
    else { return nil }
    return ImageLack(
      why: ["the digest has " + platforms.map(\.shortName).joined(separator: ", ")],
      help: ["take a digest of an index that has it, or write a Dockerfile.\(platform.architecture) with another base"])
  }

  private func lack(of component: Component, for platform: Platform) -> ImageLack? {
    do throws(DiagnosticsError) {
      _ = try component.strategy(for: platform)
      return nil
    } catch {
      return ImageLack(
        why: error.diagnostics.map(\.what),
        help: [
          "write \(component.displayPath)/Dockerfile.\(platform.architecture), or leave the architecture out with `--arch`"
        ])
    }
  }

  /// The platforms of what a digest means; nil when it is not in the store.
  private func platforms(of digest: Digest) -> [Platform]? {
    guard let bytes = try? store.read(digest) else { return nil }
    if let index = try? CanonicalJSON.decode(Index.self, from: bytes, limit: 8 << 20), !index.manifests.isEmpty {
      return index.platforms
    }
    guard let manifest = try? CanonicalJSON.decode(Manifest.self, from: bytes, limit: 8 << 20),
      let config = try? store.config(manifest.config)
    else { return nil }
    return [config.platform]
  }

  func variables(of name: String, for platform: Platform) -> Set<String>? {
    guard let reference = try? Reference(parsing: name), planner.origins.component(named: reference) == nil,
      let manifest = try? store.records.resolution(of: reference, platform),
      let image = try? Image(manifest: manifest, in: store)
    else { return nil }
    return Set((image.config.config?.env ?? []).map { String($0.prefix { $0 != "=" }) })
  }
}
