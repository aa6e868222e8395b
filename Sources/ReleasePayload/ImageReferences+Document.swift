import OCI

extension ImageReferences {
  /// The document as JSON has it; what is not used here is not read.
  struct Document: Codable {
    static let locationKey = "io.openshift.build.source-location"
    static let commitKey = "io.openshift.build.commit.id"

    struct Metadata: Codable {
      var name: String?
    }

    struct Spec: Codable {
      var tags: [Tag]?
    }

    struct Tag: Codable {
      struct Source: Codable {
        var kind: String?
        var name: String?
      }

      var name: String?
      var annotations: [String: String]?
      var from: Source?
    }

    var kind: String?
    var apiVersion: String?
    var metadata: Metadata?
    var spec: Spec?
  }

  /// The document in canonical form, as other tools read it out of a payload.
  ///
  /// - Throws: `EncodingError`, which no value of this type causes.
  package func encoded() throws -> [UInt8] {
    let listed = tags.map { tag in
      var annotations: [String: String] = [:]
      annotations[Document.locationKey] = tag.sourceLocation
      annotations[Document.commitKey] = tag.commit
      return Document.Tag(
        name: tag.name, annotations: annotations.isEmpty ? nil : annotations,
        from: tag.image.map { .init(kind: "DockerImage", name: $0.description) })
    }
    let document = Document(
      kind: "ImageStream", apiVersion: "image.openshift.io/v1", metadata: .init(name: version),
      spec: .init(tags: listed))
    return try CanonicalJSON.encode(document)
  }
}
