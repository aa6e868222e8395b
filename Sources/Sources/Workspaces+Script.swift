import Components
import Linux
import Subprocess
import SystemPackage

extension Workspaces {
  /// Runs `./build_binaries ARCH` in the copy.
  ///
  /// - Throws: `SourceError` with the last lines when the script fails.
  func runScript(
    _ request: WorkspaceRequest, in copy: FilePath, _ line: @escaping @Sendable ([UInt8]) -> Void
  ) async throws {
    let script = "./" + Component.buildScript
    let place = request.component.displayPath + "/" + Component.buildScript
    let architecture = request.platform.architecture
    let needsShell = try await BlockingPool.shared.run { try Self.needsShell(copy.appending(Component.buildScript)) }
    let child = ChildProcess(
      executable: .path(needsShell ? "/bin/sh" : FilePath(script)),
      arguments: (needsShell ? [script] : []) + [architecture], environment: scriptEnvironment(request, copy: copy),
      directory: copy, isGuarded: true)
    let exit: ChildProcess.Exit
    do { exit = try await Self.runOnceWritten(child, line) } catch let error as SubprocessError {
      throw SourceError(
        "cannot run `\(Component.buildScript)` of `\(request.component.name)`", at: place, why: ["\(error)"],
        help: ["check that the interpreter in its first line is installed"])
    }
    guard exit.status.isSuccess else {
      throw SourceError(
        "`\(Component.buildScript)` of `\(request.component.name)` failed for \(request.platform.shortName)", at: place,
        why: [exit.text], help: ["cd \(copy) && \(script) \(architecture)"], lastOutput: exit.tail)
    }
  }

  /// Runs the script, which was written a moment ago.
  ///
  /// A process that is being started elsewhere in this program has a copy of every open descriptor until its exec, perhaps
  /// also of the one that the script was written through, and the kernel runs no program that may still be written.
  private static func runOnceWritten(
    _ child: ChildProcess, _ line: @escaping @Sendable ([UInt8]) -> Void
  ) async throws -> ChildProcess.Exit {
    for _ in 0..<200 {
      do {
        return try await child.run(line)
      } catch let error as SubprocessError {
        guard error.underlyingError == .textFileBusy else { throw error }
        try await Task.sleep(for: .milliseconds(10))
      }
    }
    return try await child.run(line)
  }

  private func scriptEnvironment(_ request: WorkspaceRequest, copy: FilePath) -> [String: String] {
    var variables = environment.merging(request.variables) { $1 }
    variables["PWD"] = copy.string
    variables["OLDPWD"] = nil
    // A script's git must not take a repository around the store for the component's own.
    variables["GIT_CEILING_DIRECTORIES"] = path(of: request).string
    return variables
  }

  /// Whether the file has no `#!` and is no program: shells run such a script themselves, the kernel does not.
  private static func needsShell(_ path: FilePath) throws -> Bool {
    let file = try explaining("open", path.bytes) { () throws(Errno) in
      try Directory(at: path.removingLastComponent()).file(
        Component.buildScript, .readOnly, .unrestricted, followLast: true)
    }
    defer { file.closeQuietly() }
    let start = try explaining("read", path.bytes) { () throws(Errno) in try file.readStart(4) }
    return !start.starts(with: [0x23, 0x21]) && !start.starts(with: [0x7F, 0x45, 0x4C, 0x46])
  }
}

extension FileDescriptor {
  /// The first bytes of a file, fewer when it is shorter.
  fileprivate func readStart(_ count: Int) throws(Errno) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { buffer.deallocate() }
    return Array(buffer[..<(try readFully(into: buffer))])
  }
}
