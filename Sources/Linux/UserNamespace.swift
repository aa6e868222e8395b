import CLinux
import Glibc
import SystemPackage

/// Being root without being root: a user namespace with the ranges of subordinate ids that the user was given.
///
/// Everything that needs several owners (unpacking, mounting, RUN) then works as for root, with owners shifted on the
/// disk. See user_namespaces(7), newuidmap(1), subuid(5).
package enum UserNamespace {
  /// Why the namespace could not be entered.
  package enum Failure: Error, Hashable, Sendable {
    /// `newuidmap` and `newgidmap` are not installed.
    case missingPrograms
    /// The file has no range for the user.
    case noRange(file: String, user: String)
    /// The kernel or one of the programs refused.
    case refused(Errno)
  }

  /// Makes this process root of a new user namespace; does nothing for root.
  ///
  /// To be called in the synchronous beginning of `main`: with a second thread the kernel refuses with `EINVAL`, and Swift
  /// has several after its first `await`. After a failure of kind `refused` the process may be in a namespace without
  /// maps, where it has no rights at all: it should end.
  package static func enter() throws(Failure) {
    let user = geteuid()
    if user == 0 { return }
    guard let uidProgram = program("newuidmap"), let gidProgram = program("newgidmap") else { throw .missingPrograms }
    let names = [getpwuid(user).map { String(cString: $0.pointee.pw_name) }, String(user)].compactMap { $0 }
    let uids = try range(in: "/etc/subuid", of: names)
    let gids = try range(in: "/etc/subgid", of: names)
    let memory = ForeignMemory()
    let uidArguments = memory.mutableStrings(arguments(uidProgram, own: user, uids))
    let gidArguments = memory.mutableStrings(arguments(gidProgram, own: getegid(), gids))
    let result = withExtendedLifetime(memory) { cl_enter_user_namespace(uidArguments, gidArguments) }
    guard result == 0 else { throw .refused(Errno(rawValue: -result)) }
  }

  /// Whether this process is root only inside a namespace, so that the user's own directories are the ones to use.
  package static var isEntered: Bool { Machine.effectiveUser == 0 && !Machine.isInInitialUserNamespace }

  /// `newuidmap PID 0 OWN 1 1 START COUNT`; the process id is filled in by C.
  private static func arguments(_ program: String, own: UInt32, _ range: (start: UInt32, count: UInt32)) -> [String] {
    [program, "", "0", "\(own)", "1", "1", "\(range.start)", "\(range.count)"]
  }

  private static func program(_ name: String) -> String? {
    ["/usr/bin/", "/bin/", "/usr/local/bin/"].map { $0 + name }.first { access($0, X_OK) == 0 }
  }

  /// The largest range of the user in a file of lines `NAME:START:COUNT`.
  private static func range(in file: String, of names: [String]) throws(Failure) -> (start: UInt32, count: UInt32) {
    let lines = String(decoding: Machine.contents(of: FilePath(file)), as: UTF8.self).split(separator: "\n")
    var best: (start: UInt32, count: UInt32)?
    for line in lines {
      let parts = line.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 3, names.contains(String(parts[0])), let start = UInt32(parts[1]), start > 0,
        let count = UInt32(parts[2]), count > 0
      else { continue }
      if let known = best, known.count >= count { continue }
      best = (start, count)
    }
    guard let best else { throw .noRange(file: file, user: names[0]) }
    return best
  }
}
