import Content
import Dockerfile
import Layers
import Linux
import OCI
import Planning

extension CopyExecutor {
  /// The numbers of `--chown`; a group that is not named is the user's number, as in `docker build`.
  func resolvedOwner() async throws -> (uid: UInt32, gid: UInt32) {
    guard let owner = step.owner else { return (0, 0) }
    let uid: UInt32 =
      switch owner.user {
      case nil: 0
      case .identifier(let number): number
      case .name(let name): try await number(of: name, in: "etc/passwd") { CopyError.unknownUser(name) }
      }
    let gid: UInt32 =
      switch owner.group {
      case nil: owner.user == nil ? 0 : uid
      case .identifier(let number): number
      case .name(let name): try await number(of: name, in: "etc/group") { CopyError.unknownGroup(name) }
      }
    return (uid, gid)
  }

  /// The third field of a name's line in a file of the image, read from the layer that has the file.
  private func number(of name: String, in file: String, unknown: () -> CopyError) async throws -> UInt32 {
    let tree = try await context.machinery.catalog.tree(of: context.layers)
    guard let entry = try tree.resolve(file.utf8).entry else { throw unknown() }
    let bytes = try await BlockingPool.shared.runCancellable { cancellation in
      try SpooledFiles([entry], of: context.layers, in: context.store, cancellation: cancellation)
        .bytes(of: entry, limit: 16 << 20)
    }
    let line = ContainerUser.lines(bytes, fields: 3).first { $0[0] == name }
    guard let number = line.flatMap({ UInt32($0[2]) }) else { throw unknown() }
    return number
  }
}
