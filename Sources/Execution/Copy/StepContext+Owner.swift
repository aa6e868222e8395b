import Content
import Dockerfile
import Layers
import Linux
import OCI
import Planning

/// The numbers that a file is owned by.
struct FileOwner: Hashable, Sendable {
  var uid: UInt32
  var gid: UInt32

  static let root = FileOwner(uid: 0, gid: 0)
}

extension StepContext {
  /// The numbers of `--chown`; nil is root.
  ///
  /// Names are looked up in the image's own `/etc/passwd` and `/etc/group`. Without a group a name brings its own with
  /// it, and a number stands for both, as in BuildKit.
  ///
  /// - Throws: `CopyError.unknownUser`, `CopyError.unknownGroup`; as reading layers.
  func numbers(of owner: OwnerSpecification?) async throws -> FileOwner {
    guard let owner else { return .root }
    var numbers = FileOwner.root
    switch owner.user {
    case nil: break
    case .identifier(let number): numbers = FileOwner(uid: number, gid: number)
    case .name(let name):
      let line = try await line(of: name, in: "etc/passwd", fields: 4)
      guard let line, let uid = UInt32(line[2]), let gid = UInt32(line[3]) else { throw CopyError.unknownUser(name) }
      numbers = FileOwner(uid: uid, gid: gid)
    }
    switch owner.group {
    case nil: break
    case .identifier(let number): numbers.gid = number
    case .name(let name):
      let line = try await line(of: name, in: "etc/group", fields: 3)
      guard let line, let gid = UInt32(line[2]) else { throw CopyError.unknownGroup(name) }
      numbers.gid = gid
    }
    return numbers
  }

  /// The fields of a name's line in a file of the image, read from the layer that has the file.
  private func line(of name: String, in file: String, fields: Int) async throws -> [String]? {
    let tree = try await machinery.catalog.tree(of: layers)
    guard let entry = try tree.resolve(file.utf8).entry, case .file = entry.entry.kind else { return nil }
    let bytes = try await BlockingPool.shared.runCancellable { cancellation in
      try SpooledFiles([entry], of: layers, in: store, cancellation: cancellation).bytes(of: entry, limit: 16 << 20)
    }
    return ContainerUser.lines(bytes, fields: fields).first { $0[0] == name }
  }
}

extension OwnerSpecification {
  /// The owner as it was written, for cache keys: what a name stands for depends on the layers below alone.
  var text: String {
    func text(_ name: Name?) -> String {
      switch name {
      case nil: ""
      case .identifier(let number): "\(number)"
      case .name(let name): name
      }
    }
    return text(user) + (group == nil ? "" : ":" + text(group))
  }
}
