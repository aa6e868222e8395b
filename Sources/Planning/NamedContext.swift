import Components
import Dockerfile
import OCI

/// What a build is given under a name that its recipes use like a stage or an image.
package enum NamedContext: Hashable, Sendable {
  /// The files of a directory, by its absolute path.
  case directory(String)
  case image(Reference)
  /// No files at all.
  case scratch
  case layout(ImageLayout)
  /// What this run makes of another component.
  case component(ComponentName)
}

/// An image in an OCI image layout on this machine.
package struct ImageLayout: Hashable, Sendable, CustomStringConvertible {
  /// Absolute path of the layout's directory.
  package let directory: String
  /// The image's name in `index.json`; nil for the only one.
  package let tag: String?
  package let digest: Digest?

  package init(directory: String, tag: String?, digest: Digest?) {
    self.directory = directory
    self.tag = tag
    self.digest = digest
  }

  package var description: String {
    "oci-layout://" + directory + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
  }
}

/// Which stage of a Dockerfile becomes the image.
package struct StageTargets: Hashable, Sendable {
  /// For every component that somebody asked for; nil for the last stage.
  package var common: String?
  /// For one component, selected or not.
  package var byComponent: [ComponentName: String]

  package init(common: String? = nil, byComponent: [ComponentName: String] = [:]) {
    self.common = common
    self.byComponent = byComponent
  }

  /// The stage for a component; nil for the last one.
  package func stage(of component: ComponentName, isSelected: Bool) -> String? {
    byComponent[component] ?? (isSelected ? common : nil)
  }
}

/// Where images come from that recipes name: other components of the set, contexts, registries.
package struct ImageOrigins: Sendable {
  /// By `ContextName.key`.
  package let contexts: [String: NamedContext]
  private let tag: Tag
  /// Components by registry and repository of the image that this run makes of each.
  private let componentsByRepository: [String: ComponentName]

  init(set: ComponentSet, names: ImageNames, contexts: [String: NamedContext]) {
    self.contexts = Dictionary(contexts.map { (ContextName.key($0.key), $0.value) }) { $1 }
    tag = names.tag
    let named = set.components.map(\.name).compactMap { name in
      (try? names.reference(of: name)).map { ($0.name, name) }
    }
    componentsByRepository = Dictionary(named) { first, _ in first }
  }

  /// The component that a reference means, when it is the name that this run gives to one.
  package func component(named reference: Reference) -> ComponentName? {
    guard reference.digest == nil, (reference.tag ?? .latest) == tag else { return nil }
    return componentsByRepository[reference.name]
  }

  /// Where a reference leads for a platform.
  package func origin(of reference: Reference, _ platform: Platform) -> ImageOrigin {
    guard let name = component(named: reference) else { return .registry(reference, platform) }
    return .cell(CellID(component: name, platform: platform))
  }

  /// Where the image of a context is; nil for a directory, for nothing, and for a name that is no context's.
  package func origin(ofContext key: String, _ platform: Platform) -> ImageOrigin? {
    switch contexts[key] {
    case .image(let reference): origin(of: reference, platform)
    case .layout(let layout): .layout(layout, platform)
    case .component(let name): .cell(CellID(component: name, platform: platform))
    case .directory, .scratch, nil: nil
    }
  }
}
