import Linux
import Snapshots
import SystemPackage

/// Who a step's process runs as, resolved in the image's own user database.
package struct ContainerUser: Hashable, Sendable {
  package var uid: UInt32
  package var gid: UInt32
  /// Supplementary groups, sorted.
  package var groups: [UInt32]
  package var home: String

  package static let root = ContainerUser(uid: 0, gid: 0, groups: [], home: "/root")

  /// Resolves `USER`: `name`, `uid`, `name:group`, `uid:gid`, any mix; empty is root.
  ///
  /// As everywhere in the field a name must exist, a number need not (its group is then 0), and an explicit group
  /// replaces all groups that the database would give.
  /// - Throws: `RunError.invalidRequest` for a name the image does not know, `Errno` when a file cannot be read.
  package static func resolve(_ text: String, in view: MergedView) throws -> ContainerUser {
    let passwd = lines(try view.contents(of: Array("/etc/passwd".utf8), limit: 16 << 20) ?? [], fields: 7)
    let group = lines(try view.contents(of: Array("/etc/group".utf8), limit: 16 << 20) ?? [], fields: 4)
    return try resolve(text, passwd: passwd, group: group)
  }

  static func resolve(_ text: String, passwd: [[String]], group: [[String]]) throws(RunError) -> ContainerUser {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let userName = parts.first.flatMap { $0.isEmpty ? nil : $0 } ?? "0"
    // A name wins over the number it looks like, as in every user database.
    let entry =
      passwd.first { $0[0] == userName }
      ?? passwd.first { UInt32($0[2]) == UInt32(userName) && UInt32(userName) != nil }
    guard let uid = entry.flatMap({ UInt32($0[2]) }) ?? UInt32(userName) else {
      throw .invalidRequest(reason: "the image has no user '\(userName)' in /etc/passwd")
    }
    var user = ContainerUser(uid: uid, gid: entry.flatMap { UInt32($0[3]) } ?? 0, groups: [], home: "/")
    if let home = entry?[5], home.hasPrefix("/") { user.home = home }
    if parts.count == 2, !parts[1].isEmpty {
      user.gid = try resolveGroup(parts[1], in: group)
    } else if let name = entry?[0] {
      let memberships = group.filter { $0[3].split(separator: ",").contains { $0 == name } }
      user.groups = Set(memberships.compactMap { UInt32($0[2]) }).subtracting([user.gid]).sorted()
    }
    return user
  }

  private static func resolveGroup(_ name: String, in group: [[String]]) throws(RunError) -> UInt32 {
    guard let gid = group.first(where: { $0[0] == name }).flatMap({ UInt32($0[2]) }) ?? UInt32(name) else {
      throw .invalidRequest(reason: "the image has no group '\(name)' in /etc/group")
    }
    return gid
  }

  /// The well-formed lines of a file in the format of passwd(5); others are skipped, as libc does.
  static func lines(_ bytes: [UInt8], fields: Int) -> [[String]] {
    bytes.split(separator: 0x0A).compactMap { line in
      let parts = line.split(separator: 0x3A, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
      return parts.count >= fields && !parts[0].isEmpty ? parts : nil
    }
  }
}
