import Components
import Glibc
import Linux
import Subprocess
import SystemPackage

extension Workspaces {
  /// Name of the record beside the tree; written last, so that a record means a whole tree.
  private static let recordName = "record"

  /// The workspace as it is, and what makes it useless, as a phrase; nil when it can be used. Nothing is run or written.
  ///
  /// - Throws: `PathError` when the record or the files cannot be read.
  package func examine(_ request: WorkspaceRequest) async throws -> (workspace: Workspace, change: String?) {
    let component = request.component
    guard component.hasBuildScript || request.source != nil else {
      return (Workspace(directory: set.appending(component.path), script: .none), nil)
    }
    let copy = path(of: request).appending("tree").appending(component.path)
    let wanted = WorkspaceRecord(facts: request.facts, inputs: request.files)
    let change: String? = try await BlockingPool.shared.run { [self] in
      guard let folder = try? Directory(at: path(of: request)) else { return "first build" }
      return try changeSinceLastRun(wanted, request, in: folder, copy: copy)
    }
    return (Workspace(directory: copy, script: component.hasBuildScript ? .upToDate : .none), change)
  }

  /// Brings the workspace up to date; the caller holds its lock.
  func prepare(
    _ request: WorkspaceRequest, in folder: Directory, _ line: @escaping @Sendable ([UInt8]) -> Void
  ) async throws -> Workspace {
    let copy = path(of: request).appending("tree").appending(request.component.path)
    let wanted = WorkspaceRecord(facts: request.facts, inputs: request.files)
    let change = try await BlockingPool.shared.run { [self] in
      try changeSinceLastRun(wanted, request, in: folder, copy: copy)
    }
    let hasScript = request.component.hasBuildScript
    guard let change else { return Workspace(directory: copy, script: hasScript ? .upToDate : .none) }
    try await BlockingPool.shared.runCancellable { [self] flag in try copyTree(request, in: folder, flag) }
    if let source = request.source {
      try await mirrors.checkOut(
        source, into: copy.appending("src"), place: request.component.source?.place ?? request.component.displayPath)
    }
    if hasScript { try await runScript(request, in: copy, line) }
    try await BlockingPool.shared.run { [self] in
      try write(wanted.adding(outputs: try outputs(in: copy, request.component)), in: folder)
    }
    return Workspace(directory: copy, script: hasScript ? .ran(because: change) : .none)
  }

  /// What makes the present tree useless, as a phrase; nil when it can be used.
  private func changeSinceLastRun(
    _ wanted: WorkspaceRecord, _ request: WorkspaceRequest, in folder: Directory, copy: FilePath
  ) throws -> String? {
    let bytes: [UInt8]
    do {
      let file = try folder.file(Self.recordName)
      defer { file.closeQuietly() }
      bytes = try file.readAll(limit: 256 << 20)
    } catch Errno.noSuchFileOrDirectory { return "first build" }
    guard let old = WorkspaceRecord(parsing: bytes) else { return "record of the last run is unreadable" }
    let made: FileListing
    do { made = try outputs(in: copy, request.component) } catch is PathError { return "last result is gone" }
    return wanted.adding(outputs: made).change(since: old)
  }

  /// What the script made; without a script nothing is checked but that the tree is there.
  private func outputs(in copy: FilePath, _ component: Component) throws -> FileListing {
    let directory = try open(copy)
    let made = try directory.entries().map { String(decoding: $0.name, as: UTF8.self) }
    return try FileListing(
      of: directory, excluding: Set(made).subtracting(component.hasBuildScript ? ["bin"] : []), digest: digest)
  }

  private func write(_ record: WorkspaceRecord, in folder: Directory) throws {
    let bytes = record.bytes
    try explaining("write", Array(Self.recordName.utf8)) { () throws(Errno) in
      let file = try folder.file("record.new", .writeOnly, options: [.create, .truncate], permissions: 0o600)
      defer { file.closeQuietly() }
      try file.writeFully(bytes)
      try folder.rename("record.new", to: Self.recordName)
    }
  }

  /// Replaces the tree by a fresh likeness of the set around a fresh copy of the component.
  private func copyTree(_ request: WorkspaceRequest, in folder: Directory, _ flag: CancellationFlag) throws {
    let path = request.component.path
    try explaining("clear", self.path(of: request).bytes) { () throws(Errno) in
      try folder.removeTree(Self.recordName)
      try folder.removeTree("tree")
      try folder.makeDirectory("tree")
    }
    let parts = path.split(separator: "/").map(String.init)
    let target = try makeLikeness(of: set, in: try folder.directory("tree"), downTo: parts[...])
    let source = try open(set.appending(path))
    try TreeCopy.copy(source, to: target, excluding: Self.excluded(request.component), cancellation: flag)
  }

  /// Makes the directories of a path, with links to the real neighbours of each, and returns the last.
  private func makeLikeness(
    of real: FilePath, in target: Directory, downTo parts: ArraySlice<String>
  ) throws -> Directory {
    guard let part = parts.first else { return target }
    try link(siblingsOf: part, at: real, into: target)
    try target.makeDirectory(part)
    return try makeLikeness(of: real.appending(part), in: try target.directory(part), downTo: parts.dropFirst())
  }

  private func open(_ path: FilePath) throws(PathError) -> Directory {
    try explaining("open", path.bytes) { () throws(Errno) in try Directory(at: path) }
  }

  /// Links every entry of the real directory but `own`; of the set's top hidden ones are left out, so that no script
  /// works on the user's `.git`.
  private func link(siblingsOf own: String, at real: FilePath, into target: Directory) throws {
    for entry in try open(real).entries() where !own.utf8.elementsEqual(entry.name) {
      if real == set, entry.name.first == UInt8(ascii: ".") { continue }
      try target.makeSymbolicLink(entry.name, to: real.bytes + [UInt8(ascii: "/")] + entry.name)
    }
  }
}
