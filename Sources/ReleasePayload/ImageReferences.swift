import OCI

/// What a release payload says of its components: the image stream `image-references` of an OpenShift or OKD release.
///
/// The format is that of [ImageStream](https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/image_apis/imagestream-image-openshift-io-v1)
/// with two annotations for the source of each image.
package struct ImageReferences: Hashable, Sendable {
  /// The release's version: `4.18.9`; nil when the stream has no name.
  package let version: String?
  /// The tags in the order of the document.
  package let tags: [Tag]

  /// One component of the release.
  package struct Tag: Hashable, Sendable {
    /// The component's name: `coredns`.
    package let name: String
    /// The image by digest; nil when the payload has none of its own for the component.
    package let image: Reference?
    /// URL of the git repository; nil when not known.
    package let sourceLocation: String?
    /// Full commit in that repository; nil when not known.
    package let commit: String?

    package init(name: String, image: Reference?, sourceLocation: String?, commit: String?) {
      self.name = name
      self.image = image
      self.sourceLocation = sourceLocation
      self.commit = commit
    }
  }

  package init(version: String?, tags: [Tag]) {
    self.version = version
    self.tags = tags
  }

  /// The tag of a component.
  package subscript(name: String) -> Tag? { tags.first { $0.name == name } }

  /// Documents have some hundred kilobytes; this is the bound in bytes.
  package static let sizeLimit = 16 << 20
  /// As many tags as a document may have; releases have about two hundred.
  package static let tagLimit = 10_000

  /// Reads the document.
  ///
  /// - Parameter place: the file or image it comes from, for messages.
  /// - Throws: `PayloadError` for a document that is empty, damaged, of another kind, without tags, or with two images for
  ///   one component or an image that is not named by digest.
  package init(parsing bytes: [UInt8], place: String) throws(PayloadError) {
    guard bytes.contains(where: { !" \t\r\n".utf8.contains($0) }) else {
      throw PayloadError(place: place, what: "the image references are empty", why: "the file has no content")
    }
    let document: Document
    do {
      document = try CanonicalJSON.decode(Document.self, from: bytes, limit: Self.sizeLimit)
    } catch {
      throw PayloadError(
        place: place, what: "the image references are damaged",
        why: "they are no JSON image stream: \(Self.text(error))")
    }
    func failure(_ why: String) -> PayloadError {
      PayloadError(place: place, what: "the image references cannot be used", why: why)
    }
    guard document.kind == "ImageStream" else {
      throw failure("kind is `\(document.kind ?? "")`, expected `ImageStream`")
    }
    let listed = document.spec?.tags ?? []
    guard !listed.isEmpty else { throw failure("there are no tags") }
    guard listed.count <= Self.tagLimit else { throw failure("there are more than \(Self.tagLimit) tags") }
    var tags: [Tag] = []
    var names: Set<String> = []
    for tag in listed {
      guard let name = tag.name, !name.isEmpty else { throw failure("tag \(tags.count + 1) has no name") }
      guard names.insert(name).inserted else { throw failure("there are two tags `\(name)`") }
      do {
        tags.append(try Tag(tag, name: name))
      } catch {
        throw failure("tag `\(name)`: \(error.description)")
      }
    }
    version = document.metadata?.name.flatMap { $0.isEmpty ? nil : $0 }
    self.tags = tags
  }

  private static func text(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    switch error {
    case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
      .valueNotFound(_, let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return (path.isEmpty ? "" : "\(path): ") + context.debugDescription
    @unknown default: return "\(error)"
    }
  }
}

extension ImageReferences.Tag {
  /// - Throws: `InvalidTag` for an image that is no reference by digest.
  fileprivate init(_ tag: ImageReferences.Document.Tag, name: String) throws(InvalidTag) {
    var image: Reference?
    if let from = tag.from, let text = from.name, !text.isEmpty, from.kind == nil || from.kind == "DockerImage" {
      let reference: Reference
      do { reference = try Reference(parsing: text) } catch { throw InvalidTag(description: error.description) }
      guard reference.digest != nil else {
        throw InvalidTag(description: "`\(text)` does not name its image by digest")
      }
      image = reference
    }
    func annotation(_ key: String) -> String? {
      guard let text = tag.annotations?[key], !text.isEmpty else { return nil }
      return text
    }
    self.init(
      name: name, image: image, sourceLocation: annotation(ImageReferences.Document.locationKey),
      commit: annotation(ImageReferences.Document.commitKey))
  }
}

/// What is wrong with one tag.
private struct InvalidTag: Error {
  let description: String
}
