import Content
import Linux
import OCI
import SystemPackage

/// Where an image is or goes, as people write it: a reference, `docker://REFERENCE`, `oci:DIRECTORY[:NAME]` or
/// `oci-archive:FILE[:NAME]`; layouts take `@DIGEST` in place of the name.
package enum ImagePlace: Hashable, Sendable {
  /// Which of the images of a layout is meant.
  package enum Selector: Hashable, Sendable {
    case name(String)
    case digest(Digest)
    /// The one image of a layout that has one.
    case only
  }

  case registry(Reference)
  case layout(FilePath, Selector)
  case archive(FilePath, Selector)

  /// Parses a place; short names are completed by `registries`.
  ///
  /// - Throws: `ReferenceError` that says what is wrong; `RegistryError` for a short name that could be several.
  package init(parsing text: String, registries: RegistriesConfiguration) throws {
    func rest(after prefix: String) -> Substring? {
      text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : nil
    }
    if let rest = rest(after: "oci:") {
      let (path, selector) = try Self.layout(rest, in: text)
      self = .layout(path, selector)
    } else if let rest = rest(after: "oci-archive:") {
      let (path, selector) = try Self.layout(rest, in: text)
      self = .archive(path, selector)
    } else {
      let name = rest(after: "docker://") ?? text[...]
      self = .registry(try registries.reference(parsing: String(name)))
    }
  }

  /// As other tools do, the first colon ends the path.
  private static func layout(_ rest: Substring, in text: String) throws -> (FilePath, Selector) {
    var path = rest
    var selector = Selector.only
    if let at = rest.lastIndex(of: "@"), let digest = Digest(rest[rest.index(after: at)...]) {
      path = rest[..<at]
      selector = .digest(digest)
    } else if let colon = rest.firstIndex(of: ":") {
      path = rest[..<colon]
      let name = String(rest[rest.index(after: colon)...])
      guard !name.isEmpty, name.utf8.count <= 1024, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
        throw ReferenceError(text: text, why: "what follows the path is not a name")
      }
      selector = .name(name)
    }
    guard !path.isEmpty else { throw ReferenceError(text: text, why: "it has no path") }
    return (FilePath(String(path)), selector)
  }
}

extension ImagePlace: CustomStringConvertible {
  package var description: String {
    switch self {
    case .registry(let reference): "\(reference)"
    case .layout(let path, let selector): "oci:\(path)\(selector)"
    case .archive(let path, let selector): "oci-archive:\(path)\(selector)"
    }
  }
}

extension ImagePlace.Selector: CustomStringConvertible {
  package var description: String {
    switch self {
    case .name(let name): ":\(name)"
    case .digest(let digest): "@\(digest)"
    case .only: ""
    }
  }
}

extension ImagePlace {
  /// The place without the name of an image, which is how a copy is named together with its digest.
  private var base: String {
    switch self {
    case .registry(let reference): reference.name
    case .layout(let path, _): "oci:\(path)"
    case .archive(let path, _): "oci-archive:\(path)"
    }
  }

  /// The place to copy from.
  ///
  /// - Throws: `LayoutError`, `Errno`.
  package func source(_ client: RegistryClient) async throws -> any CopySource {
    switch self {
    case .registry(let reference): return RegistryImage(reference, client: client)
    case .layout(let path, let selector):
      let layout = try await BlockingPool.shared.run { try ImageLayout.open(path) }
      return LayoutSource(layout: layout, selector: selector, name: "\(self)")
    case .archive(let path, let selector):
      let archive = try await BlockingPool.shared.run { try LayoutArchive(path) }
      return LayoutSource(layout: archive, selector: selector, name: "\(self)")
    }
  }

  /// Runs `body` with the place to copy to; what an archive needs until it is written is gone afterwards.
  ///
  /// - Throws: `LayoutError`, `Errno`, and what `body` throws.
  package func withDestination<R: Sendable>(
    _ client: RegistryClient, _ body: (any CopyDestination) async throws -> R
  ) async throws -> R {
    switch self {
    case .registry(let reference): return try await body(RegistryImage(reference, client: client))
    case .layout(let path, let selector):
      let layout = try await BlockingPool.shared.run { try ImageLayout.create(path) }
      return try await body(LayoutDestination(layout: layout, selector: selector, name: base))
    case .archive(let path, let selector):
      let parent = path.parentOrWorkingDirectory
      let (name, directory) = try await BlockingPool.shared.run {
        let directory: Directory
        do throws(Errno) { directory = try Directory(at: parent) } catch {
          throw LayoutError(path: path, why: "its directory cannot be opened: \(error)")
        }
        return (try directory.makeTemporaryDirectory(prefix: ".imgset-archive-").name, directory)
      }
      let result: R
      do {
        let layout = try await BlockingPool.shared.run { try ImageLayout.create(parent.appending(name)) }
        let destination = LayoutDestination(layout: layout, selector: selector, name: base)
        result = try await body(ArchiveDestination(path: path, base: destination))
      } catch {
        // Not on the pool, which does nothing more for a cancelled task.
        try? directory.removeTree(name)
        throw error
      }
      try await BlockingPool.shared.run { try directory.removeTree(name) }
      return result
    }
  }
}
