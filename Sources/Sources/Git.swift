import Subprocess
import Synchronization
import SystemPackage

/// The `git` program, run without a shell, without prompts, and only over transports that cannot run commands.
struct Git: Sendable {
  private let environment: [String: String]

  /// - Parameters:
  ///   - environment: the caller's, for `PATH`, `HOME`, proxies and credentials.
  ///   - protocols: the transports that git may use, also for submodules.
  init(environment: [String: String], protocols: [String] = ["file", "git", "http", "https", "ssh"]) {
    // What a surrounding git (a hook, for example) says about its own repository must not apply to ours.
    let foreign = [
      "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
      "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_CEILING_DIRECTORIES",
    ]
    var own = environment.filter { !foreign.contains($0.key) }
    own["LC_ALL"] = "C"
    own["GIT_TERMINAL_PROMPT"] = "0"
    own["GIT_OPTIONAL_LOCKS"] = "0"
    own["GIT_ALLOW_PROTOCOL"] = protocols.joined(separator: ":")
    if own["GIT_SSH_COMMAND"] == nil, own["GIT_SSH"] == nil { own["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes" }
    self.environment = own
  }

  /// What a run of git said.
  struct Answer {
    let isSuccess: Bool
    /// Both outputs, trimmed of white space at the ends; at most 1 MiB is kept.
    let text: String
    let tail: [String]

    /// Whether git found no repository, or none with a commit: the answer is "nothing known", not a failure.
    var meansNoRepository: Bool {
      text.contains("not a git repository") || text.contains("does not have any commits yet")
        || text.contains("bad revision 'HEAD'")
    }
  }

  /// Runs git in `directory`; nil when there is no git on this machine.
  ///
  /// - Throws: `CancellationError`, or `SubprocessError` when git cannot be started.
  func run(_ arguments: [String], in directory: FilePath) async throws -> Answer? {
    let options = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"]
    let child = ChildProcess(
      executable: .name("git"), arguments: options + arguments, environment: environment, directory: directory)
    do {
      let collected = Collected()
      let exit = try await child.run { collected.add($0) }
      return Answer(isSuccess: exit.status.isSuccess, text: collected.text, tail: exit.tail)
    } catch let error as SubprocessError where error.code == .executableNotFound {
      return nil
    }
  }
}

/// Output gathered from another task, bounded.
private final class Collected: Sendable {
  private let bytes = Mutex<[UInt8]>([])

  func add(_ line: [UInt8]) {
    bytes.withLock { bytes in
      if bytes.count + line.count < 1 << 20 { bytes += line + [UInt8(ascii: "\n")] }
    }
  }

  var text: String {
    let all = bytes.withLock { $0 }
    return String(decoding: all.dropLast(while: { $0 == UInt8(ascii: "\n") }), as: UTF8.self)
  }
}

extension Array {
  /// Without the elements at the end that match.
  fileprivate func dropLast(while matches: (Element) -> Bool) -> ArraySlice<Element> {
    var end = endIndex
    while end > startIndex, matches(self[end - 1]) { end -= 1 }
    return self[..<end]
  }
}
