import Content
import Glibc
import Layers
import Linux
import OCI
import Subprocess
import SystemPackage
import TestSupport

extension Attack {
  /// Lets the program build the Dockerfile and says which rules are broken.
  func differences() async throws -> [String] {
    try await withTemporaryDirectory(prefix: "imgset-attack-") { path, directory in
      let canary = try Canary(in: directory, at: path)
      let base = try await Self.store(at: path.appending("store"))
      let set = try directory.ensureDirectory("set")
      let component = try set.ensureDirectory("components").ensureDirectory("app")
      for step in context { try step.apply(to: component, canary.text) }
      let file = try component.file("Dockerfile", .writeOnly, options: [.create, .truncate])
      defer { file.closeQuietly() }
      try file.writeFully(Array(canary.text(dockerfile).utf8))
      let before = try canary.listing()
      let run = try await ProgramRun(
        ["build", "-C", path.appending("set").string, "--progress", "plain"], home: path,
        environment: (env ?? [:]).mapValues(canary.text))
      var found: [String] = []
      if try canary.listing() != before { found.append("the canary is changed") }
      return try found + outcome(run)
        + rules.sorted().flatMap { rule in
          try violations(of: rule, run, canary, path.appending("store"), base: base)
        }
    }
  }

  private func outcome(_ run: ProgramRun) -> [String] {
    // A crash of the program, or death for want of memory.
    if run.status >= 128 { return ["ends with status \(run.status): \(run.output.suffix(300))"] }
    if expect == "ok", run.status != 0 { return ["fails: \(run.output.suffix(300))"] }
    if expect == "error", run.status == 0 { return ["is built"] }
    if run.status != 0, !run.output.contains("Dockerfile:") { return ["no line is named: \(run.output.suffix(300))"] }
    return []
  }

  private func violations(
    of rule: String, _ run: ProgramRun, _ canary: Canary, _ store: FilePath, base: Set<Digest>
  ) throws -> [String] {
    switch rule {
    case "canary_unchanged":
      // An archive that is added is no layer: what it hides must be there for the command after it.
      let isHidden = run.output.contains("Dockerfile:3") && id == "add-tar-whiteout"
      return isHidden ? ["files are gone for the command"] : []
    case "secret_absent", "tool_env_absent":
      let leaks = try StoreContents(store, without: base).blobs(with: canary.secret)
      return leaks.map { "the secret is in \($0)" }
        + (run.output.contains(canary.secret) ? ["the secret is shown"] : [])
    case "output_redacts_secret": return run.output.contains(canary.secret) ? ["the secret is shown"] : []
    case "no_canary_user":
      let contents = StoreContents(store, without: base)
      // As text, and as the owner of a file in an archive.
      let leaks = try contents.blobs { $0.containsWord("4242") } + contents.blobs(with: "0010222\0")
      return leaks.map { "the user is in \($0)" }
        + (Array(run.output.utf8).containsWord("4242") ? ["the user is shown"] : [])
    // The outcome tells.
    case "bounded_memory", "no_crash", "must_succeed", "must_fail_or_nonzero_uid": return []
    default: return ["there is no rule `\(rule)`"]
    }
  }

  /// Makes a store that has busybox, so that no registry is asked.
  ///
  /// - Returns: the digests of the stand-in's blobs.
  private static func store(at path: FilePath) async throws -> Set<Digest> {
    let store = try ContentStore(root: path)
    let platform = Platform(architecture: "amd64")
    let image = try await StandInImages(store: store).image("busybox", platform)
    let manifest = try image.write(to: store)
    try store.records.setResolution(of: Reference(parsing: "busybox"), platform, to: manifest)
    let document = try store.manifest(manifest)
    return Set([manifest.digest, document.config.digest] + document.layers.map(\.digest))
  }
}

/// One run of the program.
struct ProgramRun: Sendable {
  /// The exit code; 128 and the signal's number for a killed process.
  let status: Int32
  /// Standard output and error.
  let output: String

  /// - Parameter home: holds `store`, and gets the home directory.
  init(_ arguments: [String], home: FilePath, environment: [String: String] = [:]) async throws {
    let repository = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
    let program =
      getenv("IMGSET_BINARY").map { FilePath(String(cString: $0)) } ?? repository.pushing(".build/debug/imgset")
    var variables: [Environment.Key: String] = [
      "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home.string, "IMGSET_HOME": home.appending("store").string,
      "ARCHITECTURES": "amd64", "DEST_REGISTRY": "registry.example/set", "OCP_BASE_TAG": "v1",
      "SOURCE_DATE_EPOCH": "1485449953",
    ]
    if let libraries = getenv("LD_LIBRARY_PATH") { variables["LD_LIBRARY_PATH"] = String(cString: libraries) }
    for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
    // 4 GiB of addresses: whoever wants more fails here rather than taking the machine with it.
    let shell = ["-c", "ulimit -v 4194304; exec \"$0\" \"$@\"", program.string]
    let result = try await Subprocess.run(
      .path("/bin/sh"), arguments: Arguments(shell + arguments), environment: .custom(variables),
      output: .string(limit: 16 << 20), error: .string(limit: 16 << 20))
    status =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let number): 128 + number
      }
    output = result.standardOutput + result.standardError
  }
}

/// The blobs of a store, uncompressed.
struct StoreContents {
  private let root: FilePath
  private let base: Set<Digest>

  init(_ store: FilePath, without base: Set<Digest>) {
    root = store
    self.base = base
  }

  /// The digests of the blobs in which a text occurs.
  func blobs(with text: String) throws -> [String] { try blobs { $0.contains(Array(text.utf8)) } }

  /// The digests of the blobs that a test holds for.
  func blobs(where test: ([UInt8]) -> Bool) throws -> [String] {
    let directory = try Directory(at: root.appending("blobs").appending("sha256"))
    return try directory.entries().compactMap { entry in
      let name = String(decoding: entry.name, as: UTF8.self)
      guard let digest = Digest("sha256:" + name), !base.contains(digest) else { return nil }
      let file = try directory.file(entry.name)
      defer { file.closeQuietly() }
      return test(try Self.bytes(of: file)) ? name : nil
    }
  }

  private static func bytes(of file: FileDescriptor) throws -> [UInt8] {
    let source = try DecompressingSource(FileSource(file, offset: 0), limits: .default)
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = try source.read(into: buffer)
      if count == 0 { return bytes }
      bytes += buffer.prefix(count)
    }
  }
}

extension [UInt8] {
  /// Whether a word stands by itself: digests hold every short sequence of digits sooner or later.
  func containsWord(_ word: String) -> Bool {
    let text = String(decoding: self, as: UTF8.self)
    return text.utf8.split { !(0x30...0x39).contains($0) && !(0x41...0x5A).contains($0) && !(0x61...0x7A).contains($0) }
      .contains { $0.elementsEqual(word.utf8) }
  }
}
