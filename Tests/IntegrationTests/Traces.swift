import Linux
import SystemPackage
import TestSupport
import Testing

/// What a run may leave on the machine when it is ended: processes, mounts, half-written blobs.
struct Traces: Sendable {
  /// A text in the arguments of every process that the run starts for its steps.
  let mark: String
  /// The store of the program.
  let store: FilePath

  /// How many processes carry the mark.
  func processes() async throws -> Int {
    let list = try await Tool.run("sh", ["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; true"])
    return list.split(separator: mark, omittingEmptySubsequences: false).count - 1
  }

  /// Mounts in the store, in the mount namespace of any process, and processes that work in it.
  func uses() async throws -> [String] {
    let script = """
      cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -F "$1" | sort -u
      for process in /proc/[0-9]*; do
        case $(readlink $process/cwd) in "$1"/*) echo "$process $(tr '\\0' ' ' <$process/cmdline)" ;; esac
      done 2>/dev/null
      true
      """
    return try await Tool.run("sh", ["-c", script, "sh", store.string]).split(separator: "\n").map(String.init)
  }

  /// Files under `ingest/`, where blobs are written.
  func ingests() async throws -> String { try await Tool.run("ls", ["-A", store.appending("ingest").string]) }

  /// Expects that nothing is left; processes that were killed get the time to die.
  func expectNone() async throws {
    try await waitUntil("no process with \(mark) is left") { try await processes() == 0 }
    try await waitUntil("nothing uses \(store)") { try await uses().isEmpty }
    #expect(try await uses() == [])
    #expect(try await ingests() == "")
  }
}

/// Asks again and again, for half a minute at most.
func waitUntil(_ what: String, _ condition: () async throws -> Bool) async throws {
  for _ in 0..<600 {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(50))
  }
  Issue.record("waited in vain until \(what)")
}
