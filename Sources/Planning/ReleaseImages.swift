import Components
import Diagnostics
import OCI

/// The images that a release payload has itself, by platform and component.
package struct ReleaseImages: Hashable, Sendable {
  /// The release image or file, for messages.
  package let place: String
  private let images: [Platform: [String: Reference]]

  /// - Parameter images: by normalised platform and name of the component.
  package init(place: String, images: [Platform: [String: Reference]]) {
    self.place = place
    self.images = images
  }

  /// The image that stands for a placeholder in the recipe of a component.
  ///
  /// - Throws: a diagnostic when the release has no payload for the platform, or none of the component.
  func image(
    for placeholder: ReleasePlaceholder, of component: Component, _ platform: Platform, in recipe: Recipe
  ) throws(DiagnosticsError) -> Reference {
    guard let payload = images[platform.normalised] else {
      let there = images.keys.map(\.shortName).sorted().joined(separator: ", ")
      throw DiagnosticsError(
        .error(
          "`\(placeholder)` has no value: the release has no payload for \(platform.shortName)",
          at: recipe.source.name,
          why: ["\(place) has payloads for: \(there.isEmpty ? "none of the architectures asked for" : there)"],
          help: ["write a Dockerfile.\(platform.architecture) for `\(component.name)`, or name another release"]))
    }
    if let image = payload[component.name.description] { return image }
    let meant = didYouMean(component.name.description, among: payload.keys.sorted())
    throw DiagnosticsError(
      .error(
        "`\(placeholder)` has no value: the release has no image `\(component.name)`", at: recipe.source.name,
        why: ["the components of \(place) are others"],
        help: meant.map { ["it has `\($0)`; the directory of a component is named as the release names it"] } ?? []))
  }
}
