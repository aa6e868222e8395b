import Assembly
import Content
import Execution
import Foundation
import Layers
import Linux
import OCI
import Planning
import Scheduling
import Synchronization
import SystemPackage
import TestSupport

/// The base images that cases name, made of Debian's static busybox and bash: no registry is asked.
final class StandInImages: ImageProvider {
  private let layers: LayerStore
  private let names: [String: String]
  private let given = Mutex<[String: Image]>([:])
  private let made = SingleFlight<String, Image>(remembers: true)
  private let recipe: Recipe

  /// - Parameter additions: kinds of further names, by the text of a `FROM`.
  init(store: ContentStore, additions: [String: String] = [:]) throws {
    recipe = try ConformanceData.decode(Recipe.self, "conformance/images.json")
    layers = LayerStore(
      store: store, resources: ResourcePool(capacity: [.cpu: 1]), workers: 1, compression: .none)
    var names: [String: String] = [:]
    func add(_ text: String, _ kind: String) {
      if let name = try? Reference(parsing: text).name { names[name] = kind }
    }
    for (name, image) in recipe.images {
      for text in [name] + (image.also ?? []) { add(text, image.kind) }
    }
    for (text, kind) in additions { add(text, kind) }
    self.names = names
  }

  /// No image that a case may start from has this name.
  struct Unknown: Error, CustomStringConvertible {
    let name: String
    var description: String { "there is no image `\(name)`" }
  }

  /// Makes a built image known under a name; a short one is `localhost`'s too.
  func add(_ image: Image, named text: String) {
    for text in [text, "localhost/" + text] {
      if let name = try? Reference(parsing: text).name { given.withLock { $0[name] = image } }
    }
  }

  func image(_ origin: ImageOrigin) async throws -> Image {
    if case .registry(let reference, _) = origin, let image = given.withLock({ $0[reference.name] }) { return image }
    guard case .registry(let reference, let platform) = origin, let kind = names[reference.name] else {
      throw Unknown(name: "\(origin)")
    }
    return try await image(kind, platform)
  }

  /// An image of a kind: `busybox`, `alpine` or `centos7`.
  func image(_ kind: String, _ platform: Platform) async throws -> Image {
    try await made.value(for: kind) {
      let entries = try await entries(kind)
      let (layer, _) = try await layers.write(size: 4 << 20) { writer, _ in
        for (entry, content) in entries { try writer.add(entry, content: content.map(FileContent.bytes)) }
      }
      var image = Image(platform: platform)
      image.append(layer, history: .init(created: nil, createdBy: "stand-in \(kind)"))
      image.process.env = recipe.config.env
      image.process.cmd = recipe.config.cmd
      return image
    }
  }
}

extension StandInImages {
  /// `images.json`.
  struct Recipe: Decodable {
    struct Config: Decodable {
      let env: [String]
      let cmd: [String]
      enum CodingKeys: String, CodingKey {
        case env = "Env"
        case cmd = "Cmd"
      }
    }
    struct File: Decodable {
      let path: String
      let mode: String?
      let content: String?
      let from: String?
      let symlink: String?
      let kinds: [String]?
    }
    struct Common: Decodable {
      let dirs_0755: [String]
      let dirs_0555: [String]
      let dirs_0700: [String]
      let dirs_1777: [String]
      let files: [File]
      let adduser: File
    }
    struct Image: Decodable {
      let also: [String]?
      let kind: String
      let extra: [File]?
      let omit_applets: [String]?
    }
    let config: Config
    let common: Common
    let images: [String: Image]
    let kinds: [String: [String: String]]
  }

  private typealias Entry = (LayerEntry, [UInt8]?)

  /// The time of everything in a stand-in.
  private static let time = Timestamp(seconds: 1_485_449_000)

  private func entries(_ kind: String) async throws -> [Entry] {
    let image = recipe.images.values.first { $0.kind == kind }
    let common = recipe.common
    var entries: [String: Entry] = [:]
    func add(_ path: String, _ entryKind: LayerEntry.Kind, _ mode: UInt16, _ content: [UInt8]? = nil) throws {
      guard let place = EntryPath(path) else { throw Unknown(name: path) }
      entries[path] = (LayerEntry(path: place, kind: entryKind, mode: mode, modified: Self.time), content)
    }
    for (paths, mode) in [
      (common.dirs_0755, 0o755), (common.dirs_0555, 0o555), (common.dirs_0700, 0o700), (common.dirs_1777, 0o1777),
    ] as [([String], UInt16)] {
      for path in paths { try add(path, .directory, mode) }
    }
    let omitted = Set(["busybox"] + (image?.omit_applets ?? []))
    for applet in try await Tool.run("busybox", ["--list"]).split(separator: "\n").map(String.init)
    where !omitted.contains(applet) {
      try add("bin/\(applet)", .symlink(target: Array("/bin/busybox".utf8)), 0o777)
    }
    try add("usr/bin/env", .symlink(target: Array("/bin/busybox".utf8)), 0o777)
    var files = common.files + (image?.extra ?? [])
    if common.adduser.kinds?.contains(kind) == true { files.append(common.adduser) }
    for file in files {
      let mode = UInt16(file.mode ?? "0644", radix: 8) ?? 0o644
      if let target = file.symlink {
        try add(file.path, .symlink(target: Array(target.utf8)), 0o777)
      } else {
        let bytes = try file.from.map(Self.program) ?? Array((file.content ?? "").utf8)
        try add(file.path, .file(size: Int64(bytes.count), digest: nil), mode, bytes)
      }
    }
    for (path, text) in recipe.kinds[kind] ?? [:] {
      let bytes = Array(text.utf8)
      try add(path, .file(size: Int64(bytes.count), digest: nil), 0o644, bytes)
    }
    return entries.values.sorted { LayerEntry.precedes($0.0, $1.0) }
  }

  /// The bytes of a program of this machine; `from` ends with its path.
  private static func program(_ from: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: String(from.split(separator: " ").last ?? ""))))
  }
}
