import Assembly
import Content
import Layers
import Linux
import OCI
import Planning
import SystemPackage
import Testing

@testable import Execution

@Suite("remembered steps")
struct CellCacheTests {
  private static let text = """
    FROM scratch AS one
    COPY big /big
    COPY dir /dir
    FROM scratch
    COPY --from=one /dir /d
    ADD archive.tar /unpacked/
    WORKDIR /w
    COPY <<EOF /inline
    text
    EOF
    """

  private func prepare(_ bench: Workbench) async throws {
    // Larger than a compressor's block, so that several workers share it.
    var bytes = [UInt8](repeating: 0, count: 3 << 20)
    var state: UInt32 = 1
    for index in bytes.indices {
      state = state &* 1_664_525 &+ 1_013_904_223
      bytes[index] = index % 3 == 0 ? UInt8(state >> 24) : 0x20
    }
    try bench.context.write(bytes, to: "big")
    try bench.context.write("1", to: "dir/a")
    try bench.context.write("2", to: "dir/sub/b")
    try await bench.pack("dir", of: "", into: "archive.tar", ["--mtime=@500"])
  }

  @Test("the second build finds everything and is the same image")
  func hits() async throws {
    try await withWorkbench { bench in
      try await prepare(bench)
      let first = try await bench.build(Self.text)
      #expect(first.cached.allSatisfy { !$0 })
      let second = try await bench.build(Self.text)
      #expect(second.cached == [Bool](repeating: true, count: 6))
      #expect(second.image == first.image)
    }
  }

  @Test("digests do not depend on workers, store, or times and owners on the disk")
  func determinism() async throws {
    var digests: Set<Digest> = []
    for workers in [1, 4, 4] {
      try await withWorkbench { bench in
        try await prepare(bench)
        let directory = try bench.context.directory("dir")
        try directory.setModified("a", .init(seconds: Int64(workers) * 1000, nanoseconds: 5))
        try directory.setPermissions("a", workers == 1 ? 0o600 : 0o664)
        var options = Workbench.Options()
        options.workers = workers
        // Both are of the context, the archive as it was packed.
        let image = try await bench.build(
          Self.text.replacing("ADD archive.tar /unpacked/", with: "COPY big /again"), options
        ).image
        digests.insert(try image.write(to: bench.store).digest)
      }
    }
    #expect(digests.count == 1)
  }

  @Test("rebuilding does every step again and comes to the same")
  func rebuild() async throws {
    try await withWorkbench { bench in
      try await prepare(bench)
      let first = try await bench.build(Self.text)
      var options = Workbench.Options()
      options.purpose = .rebuild
      let second = try await bench.build(Self.text, options)
      #expect(second.cached == [Bool](repeating: false, count: 6))
      #expect(second.image == first.image)
    }
  }

  struct Change: Sendable, CustomTestStringConvertible {
    var name: String
    var before = "FROM scratch\nCOPY dir /d"
    var after = "FROM scratch\nCOPY dir /d"
    var epoch: Int64 = 1_000_000_000
    var edit: @Sendable (Directory) throws -> Void = { _ in }
    /// Names of the inputs that are told; nil when there is no miss.
    var inputs: [String]?
    var testDescription: String { name }
  }

  @Test(
    "a miss names the inputs that changed",
    arguments: [
      Change(name: "nothing", inputs: nil),
      Change(name: "a file's content", edit: { try $0.write("other", to: "dir/a") }, inputs: ["source 0 dir"]),
      Change(name: "a new file", edit: { try $0.write("", to: "dir/new") }, inputs: ["source 0 dir"]),
      Change(name: "executable", edit: { try $0.change("dir/a", mode: 0o755) }, inputs: ["source 0 dir"]),
      Change(name: "readable", edit: { try $0.change("dir/a", mode: 0o600) }, inputs: nil),
      Change(name: "a file beside", edit: { try $0.write("x", to: "beside") }, inputs: nil),
      Change(name: "the destination", after: "FROM scratch\nCOPY dir /e", inputs: ["destination"]),
      Change(name: "the owner", after: "FROM scratch\nCOPY --chown=1 dir /d", inputs: ["owner"]),
      Change(name: "the mode", after: "FROM scratch\nCOPY --chmod=go-r dir /d", inputs: ["mode"]),
      Change(name: "the source date epoch", epoch: 5, inputs: ["source 0 dir", "time"]),
      Change(
        name: "the config", before: "FROM scratch\nENV A=1\nCOPY dir /d", after: "FROM scratch\nENV A=2\nCOPY dir /d",
        inputs: nil),
      Change(name: "a comment", after: "# text\nFROM scratch\n\nCOPY dir \\\n  /d\n", inputs: nil),
    ])
  func misses(change: Change) async throws {
    try await withWorkbench { bench in
      try bench.context.write("1", to: "dir/a")
      _ = try await bench.build(change.before)
      try change.edit(bench.context)
      var options = Workbench.Options()
      options.purpose = .examine
      options.epoch = change.epoch
      var miss: StepMiss?
      do { _ = try await bench.build(change.after, options) } catch let error as StepMiss { miss = error }
      #expect(miss == change.inputs.map { StepMiss(cause: .changed($0)) })
    }
  }

  @Test("what never ran, and a layer that the store has lost, are told apart")
  func otherMisses() async throws {
    try await withWorkbench { bench in
      try bench.context.write("1", to: "a")
      var examine = Workbench.Options()
      examine.purpose = .examine
      let text = "FROM scratch\nCOPY a /"
      await #expect(throws: StepMiss(cause: .neverRun)) { _ = try await bench.build(text, examine) }
      #expect(try await bench.build(text).cached == [false])
      #expect(try await bench.build(text, examine).cached == [true])
      let layer = try #require(try await bench.build(text).image.layers.first)
      try Directory(at: bench.root.appending("store")).remove("blobs/sha256/\(layer.descriptor.digest.hex)")
      await #expect(throws: StepMiss(cause: .layerGone)) { _ = try await bench.build(text, examine) }
      let again = try await bench.build(text)
      #expect(again.cached == [false])
      #expect(again.image.layers == [layer])
    }
  }

  @Test("a result that comes out equal ends the change")
  func earlyEnd() async throws {
    try await withWorkbench { bench in
      try bench.context.write("1", to: "a")
      try bench.context.write("2", to: "noise/b")
      let text = "FROM scratch AS one\nCOPY noise /n\nCOPY a /a\nFROM scratch\nCOPY --from=one /a /a"
      _ = try await bench.build(text)
      try bench.context.remove("noise/b")
      try bench.context.write("3", to: "noise/b")
      #expect(try await bench.build(text).cached == [false, false, true])
    }
  }

  @Test("a step that several stages want is done once")
  func shared() async throws {
    try await withWorkbench { bench in
      try bench.context.write("1", to: "a")
      let text = """
        FROM scratch AS one
        WORKDIR /x
        FROM scratch AS two
        WORKDIR /x
        FROM scratch
        COPY --from=one /x /1
        COPY --from=two /x /2
        """
      let result = try await bench.build(text)
      #expect(try result.files() == ["1/": "", "2/": ""])
    }
  }

  @Test("steps are numbered over the stages that are needed")
  func numbers() async throws {
    try await withWorkbench { bench in
      try bench.context.write("1", to: "a")
      let result = try await bench.build(
        "FROM scratch AS unused\nCOPY a /\nFROM scratch AS one\nCOPY a /\nFROM scratch\nENV A=1\nCOPY --from=one a /")
      let started = result.events.compactMap { event -> String? in
        if case .started(let number, let count, let text) = event { "\(number)/\(count) \(text)" } else { nil }
      }
      #expect(started == ["1/3 COPY a /", "3/3 COPY --from=one a /"])
    }
  }
}
