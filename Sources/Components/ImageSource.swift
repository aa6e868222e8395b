import Diagnostics
import OCI

/// What an `ImageSource` file names: an image at a registry, or the release payload's image of the component.
package enum ImageSource: Hashable, Sendable {
  case reference(Reference)
  case release(ReleasePlaceholder)

  /// Parses a file of one word; blank lines and comments do not count.
  ///
  /// - Throws: one diagnostic with the line at fault.
  package init(parsing file: SourceFile) throws(DiagnosticsError) {
    let words = WordLine.words(of: file)
    let holds = "the file holds one image reference, or a placeholder such as `$OCP_IMAGE_AMD64`"
    guard let word = words.first else {
      throw DiagnosticsError(.error("no image reference in the file", at: file.name, why: [holds]))
    }
    if words.count > 1 {
      throw DiagnosticsError(.error("more than one image reference", at: words[1], why: [holds]))
    }
    if word.text.hasPrefix("$") {
      self = .release(try ReleasePlaceholder(parsing: word))
      return
    }
    do {
      self = .reference(try Reference(parsing: word.text))
    } catch {
      var help: [String] = []
      if let scheme = ["docker://", "https://", "http://", "oci://"].first(where: word.text.hasPrefix) {
        help = ["leave out `\(scheme)`"]
      }
      throw DiagnosticsError(.error(error.description, at: word, why: [holds], help: help))
    }
  }
}

extension ImageSource: CustomStringConvertible {
  package var description: String {
    switch self {
    case .reference(let reference): reference.description
    case .release(let placeholder): placeholder.description
    }
  }
}

/// Stands for the image that the release payload has for the component itself.
package struct ReleasePlaceholder: Hashable, Sendable, CustomStringConvertible {
  /// The platform named by the placeholder, `$OCP_IMAGE_ARM64`; nil for `$RELEASE_IMAGE`, which means the wanted one.
  package let platform: Platform?
  /// As written, without braces: `$OCP_IMAGE_AMD64`.
  package let description: String

  private static let names = ["OCP_IMAGE", "RELEASE_IMAGE", "OKD_IMAGE"]

  /// - Throws: one diagnostic that suggests the placeholder meant.
  init(parsing word: SourceRange) throws(DiagnosticsError) {
    var name = word.text.dropFirst()
    if name.hasPrefix("{"), name.hasSuffix("}") { name = name.dropFirst().dropLast() }
    for known in Self.names where name.hasPrefix(known) {
      let rest = name.dropFirst(known.utf8.count)
      if rest.isEmpty {
        (platform, description) = (nil, "$" + name)
        return
      }
      let architecture = rest.dropFirst().lowercased()
      if rest.hasPrefix("_"), Architecture.isKnown(architecture) {
        (platform, description) = (Platform(architecture: architecture).normalised, "$" + name)
        return
      }
    }
    let all = Self.names.flatMap { name in
      ["$\(name)"] + Architecture.canonicalNames.sorted().map { "$\(name)_\($0.uppercased())" }
    }
    let meant = didYouMean(word.text, among: all).map { ["did you mean `\($0)`?"] } ?? []
    throw DiagnosticsError(
      .error(
        "unknown placeholder `\(word.text)`", at: word,
        why: ["known are `$OCP_IMAGE_ARCH`, `$OKD_IMAGE_ARCH`, `$RELEASE_IMAGE_ARCH` and `$RELEASE_IMAGE`"], help: meant
      ))
  }
}
