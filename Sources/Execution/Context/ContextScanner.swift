import Content
import Layers
import Linux
import OCI
import SystemPackage

/// Looks at the files of a build context that an instruction names, and at nothing else.
///
/// Everything is opened relative to the context's descriptor without following links, so no link leads outside. A symbolic
/// link on the way is resolved inside the context, as if its directory were the root. Blocks on the disk.
package struct ContextScanner: Sendable {
  let root: Directory
  let records: Records
  /// The modification time that every entry gets.
  let time: Timestamp
  let visibility: @Sendable (EntryPath, _ isDirectory: Bool) -> ContextVisibility

  /// - Parameters:
  ///   - root: the context's directory.
  ///   - time: the time to give to every entry: the source date epoch.
  ///   - visibility: what the ignore file says.
  package init(
    root: Directory, records: Records, time: Timestamp,
    visibility: @escaping @Sendable (EntryPath, _ isDirectory: Bool) -> ContextVisibility
  ) {
    self.root = root
    self.records = records
    self.time = time
    self.visibility = visibility
  }

  /// Lists what is below the literal beginnings of `patterns`; what does not exist is simply not in the result.
  ///
  /// - Throws: `PathError` when a directory cannot be read, `CancellationError` when the task was cancelled meanwhile.
  package func scan(_ patterns: [String], cancellation: CancellationFlag) throws -> ContextScan {
    var walk = ContextWalk(scanner: self, cancellation: cancellation)
    for pattern in patterns {
      guard let path = EntryPath(pattern) else { continue }
      try walk.visit(path.literalPrefix)
    }
    return try walk.finish()
  }

  /// Lists a directory with what is above and below it, taking its path as it is written.
  func scan(directory: String, cancellation: CancellationFlag) throws -> ContextScan {
    var walk = ContextWalk(scanner: self, cancellation: cancellation)
    if let path = EntryPath(directory) { try walk.visit(path) }
    return try walk.finish()
  }
}

extension EntryPath {
  /// The leading components without a wildcard.
  var literalPrefix: EntryPath {
    var result = EntryPath.root
    for component in components {
      if component.contains(where: Array("*?[\\".utf8).contains) { break }
      result = result.appending(name: component)
    }
    return result
  }
}

extension EntryPath {
  /// Whether the path is one that Linux and trees can work with: not too long, not too deep.
  var isUsable: Bool {
    bytes.count <= Self.maximumLength && bytes.count { $0 == UInt8(ascii: "/") } < Self.maximumDepth
  }
}

/// One scan under way.
private struct ContextWalk {
  let scanner: ContextScanner
  let cancellation: CancellationFlag
  var entries: [EntryPath: LayerEntry] = [:]
  var identities: [EntryPath: FileIdentity] = [:]
  /// Directories whose whole content is listed already.
  var walked: Set<EntryPath> = []

  /// Something found, before it is decided whether it is listed.
  struct Sighting {
    let path: EntryPath
    let status: FileStatus
    let name: [UInt8]
    /// The directory that has it.
    let directory: Directory
  }

  /// As many links as Linux follows in one path.
  static let hopLimit = 40
  /// The most files and directories of a context that one instruction may look at.
  static let entryLimit = 4_000_000

  init(scanner: ContextScanner, cancellation: CancellationFlag) {
    self.scanner = scanner
    self.cancellation = cancellation
  }

  /// Lists a path with what is above it and below it.
  ///
  /// - Parameter hidden: directories on the way that are left out themselves, and are listed only when something below is
  ///   taken back in.
  mutating func visit(_ path: EntryPath, hops: Int = 0, hidden: [Sighting] = []) throws {
    var hidden = hidden
    var directory = scanner.root
    var at = EntryPath.root
    var rest = path.components[...]
    while let name = rest.popFirst() {
      let child = at.appending(name: name)
      guard let status = try status(of: Array(name), in: directory, at: child) else { return }
      let sighting = Sighting(path: child, status: status, name: Array(name), directory: directory)
      switch scanner.visibility(child, status.kind == .directory) {
      case .ignored: return
      case .ignoredButSearched: hidden.append(sighting)
      case .visible:
        for earlier in hidden + [sighting] { try add(earlier) }
        hidden = []
      }
      switch status.kind {
      case .directory:
        directory = try explaining("open", child.bytes) { () throws(Errno) in try directory.directory(Array(name)) }
      case .symbolicLink:
        guard hops < Self.hopLimit, case .symlink(let target)? = entries[child]?.kind else { return }
        let base = target.first == UInt8(ascii: "/") ? EntryPath.root : at
        let tail = rest.flatMap { [UInt8(ascii: "/")] + $0 }
        guard let next = EntryPath(tarName: base.bytes + [UInt8(ascii: "/")] + target + tail) else { return }
        return try visit(next, hops: hops + 1, hidden: hidden)
      default:
        return
      }
      at = child
    }
    if try walk(directory, at: at) {
      for earlier in hidden { try add(earlier) }
    }
  }

  /// Lists everything below a directory; returns whether anything is visible there.
  @discardableResult
  private mutating func walk(_ directory: Directory, at path: EntryPath) throws -> Bool {
    guard walked.insert(path).inserted else { return true }
    guard path.isUsable else { throw CopyError.unusablePath("\(path)") }
    try cancellation.check()
    var found = false
    for entry in try explaining("list", path.bytes, { () throws(Errno) in try directory.entries() }) {
      let child = path.appending(name: entry.name)
      guard let status = try status(of: entry.name, in: directory, at: child) else { continue }
      let visibility = scanner.visibility(child, status.kind == .directory)
      if visibility == .ignored { continue }
      var isVisible = visibility == .visible
      if status.kind == .directory {
        let below = try explaining("open", child.bytes) { () throws(Errno) in try directory.directory(entry.name) }
        let hasVisible = try walk(below, at: child)
        isVisible = isVisible || hasVisible
      }
      if isVisible {
        try add(Sighting(path: child, status: status, name: entry.name, directory: directory))
        found = true
      }
    }
    return found
  }

  private func status(of name: [UInt8], in directory: Directory, at path: EntryPath) throws -> FileStatus? {
    try explaining("look at", path.bytes) { () throws(Errno) in
      try directory.status(of: name, .beneathWithoutLinks, followLast: false)
    }
  }

  private mutating func add(_ sighting: Sighting) throws {
    let (path, status) = (sighting.path, sighting.status)
    guard entries[path] == nil else { return }
    guard entries.count < Self.entryLimit else { throw CopyError.tooManyFiles(limit: Self.entryLimit) }
    let special = UInt16(status.permissions & 0o7000)
    let kind: LayerEntry.Kind
    var mode: UInt16 = 0o755
    switch status.kind {
    case .directory: kind = .directory
    case .file:
      kind = .file(size: Int64(status.size), digest: nil)
      mode = status.permissions & 0o111 == 0 ? 0o644 : 0o755
      identities[path] = FileIdentity(status)
    case .symbolicLink:
      kind = .symlink(
        target: try explaining("read the link", path.bytes) { () throws(Errno) in
          try sighting.directory.linkTarget(ofName: sighting.name)
        })
      mode = 0o777
    case .fifo: kind = .fifo
    case .character: kind = .characterDevice(major: status.special.major, minor: status.special.minor)
    case .block: kind = .blockDevice(major: status.special.major, minor: status.special.minor)
    case .socket, .unknown: return
    }
    let bits = status.kind == .symbolicLink ? mode : mode | special
    entries[path] = LayerEntry(
      path: path, kind: kind, mode: bits, modified: scanner.time, attributes: try attributes(of: sighting))
  }

  /// The attributes that a layer keeps: what the user set, and what lets a program do more than its user may.
  private func attributes(of sighting: Sighting) throws -> [ExtendedAttribute] {
    guard [.file, .directory].contains(sighting.status.kind) else { return [] }
    let all = try explaining("read the attributes of", sighting.path.bytes) { () throws(Errno) in
      try sighting.directory.extendedAttributes(ofName: sighting.name)
    }
    return all.filter { $0.name.starts(with: "user.".utf8) || $0.name.elementsEqual("security.capability".utf8) }
  }

  /// Fills in remembered digests.
  func finish() throws -> ContextScan {
    let known = try scanner.records.fileDigests(Array(identities.values))
    var unhashed: [EntryPath: FileIdentity] = [:]
    var list = Array(entries.values)
    for position in list.indices {
      guard case .file(let size, _) = list[position].kind, let identity = identities[list[position].path] else {
        continue
      }
      if let digest = known[identity] {
        list[position].kind = .file(size: size, digest: digest)
      } else {
        unhashed[list[position].path] = identity
      }
    }
    list.sort(by: LayerEntry.precedes)
    return ContextScan(entries: list, unhashed: unhashed)
  }
}
