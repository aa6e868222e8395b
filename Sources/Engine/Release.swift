import Components
import Diagnostics
import OCI
import Planning
import ReleasePayload

/// A release as far as the platforms of a run need it.
package struct Release: Sendable {
  /// The release image, or the file that stands in for it.
  package let place: String
  /// What the payload of each platform says; platforms without a payload are not there.
  package let payloads: [Platform: ImageReferences]

  /// The release's version, as its payloads have it.
  package var version: String? { ordered.lazy.compactMap(\.version).first }

  /// The payloads in an order that does not change from run to run.
  private var ordered: [ImageReferences] {
    payloads.sorted { $0.key < $1.key }.map(\.value)
  }

  /// The images of the payloads, for placeholders in recipes.
  var images: ReleaseImages {
    ReleaseImages(
      place: place,
      images: payloads.mapValues { references in
        Dictionary(references.tags.compactMap { tag in tag.image.map { (tag.name, $0) } }) { first, _ in first }
      })
  }

  /// Where the sources of components are, for those of which the payloads say it.
  ///
  /// - Throws: a diagnostic for a source that no repository or commit can be, all of them at once.
  func sources(of components: [ComponentName]) throws(DiagnosticsError) -> [ComponentName: GitSource] {
    var sources: [ComponentName: GitSource] = [:]
    var diagnostics: [Diagnostic] = []
    for name in components {
      let tags = ordered.compactMap { $0[name.description] }
      guard let tag = tags.first(where: { $0.sourceLocation != nil && $0.commit != nil }),
        let location = tag.sourceLocation, let commit = tag.commit
      else { continue }
      if let source = GitSource(repository: location, revision: commit, place: "\(place) (\(name))") {
        sources[name] = source
      } else {
        diagnostics.append(
          .error(
            "the release's source of `\(name)` is no git repository and commit", at: place,
            why: ["location `\(location)`, commit `\(commit)`"]))
      }
    }
    try DiagnosticsError.check(diagnostics)
    return sources
  }
}
