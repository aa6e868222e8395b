import Layers
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite struct LocalArchiveTests {
  /// Adds an archive to a layer below a directory, as ADD does.
  static func layer(of bytes: [UInt8], below place: EntryPath) async throws -> (
    listing: [(LayerEntry, [UInt8])], index: LayerIndex
  )? {
    try await inTemporaryDirectory { root in
      let name = root.appending("archive")
      try Tool.write(bytes, to: name)
      let opened = try FileDescriptor.open(name, .readOnly)
      return try opened.closeAfter {
        guard let archive = try LocalArchive.open(opened, temporary: Directory(at: root)) else { return nil }
        let sink = MemorySink()
        let writer = try LayerWriter(into: sink, compression: .none, workers: 1)
        for member in archive.members {
          try writer.add(LocalArchive.entry(of: member, below: place), content: archive.content(of: member))
        }
        let written = try writer.finish()
        return (try readAll(sink.bytes).map { ($0.entry, $0.content) }, written.index)
      }
    }
  }

  static func sample() -> TestTar {
    var tar = TestTar()
    tar.add("z".utf8, content: Array("last".utf8))
    tar.add("./a/".utf8, type: "5")
    tar.add("a/file".utf8, content: [UInt8](repeating: 9, count: 3000))
    tar.add("a/hard".utf8, type: "1", link: "z".utf8)
    tar.add("a/sym".utf8, type: "2", link: "/z".utf8)
    tar.add("z".utf8, content: Array("again".utf8))
    return tar
  }

  @Test(arguments: ["cat", "gzip -c", "bzip2 -c", "xz -c", "zstd -c"])
  func `archives of any order become layers in path order`(command: String) async throws {
    let packed = try await inTemporaryDirectory { directory in
      try Tool.write(Self.sample().finished(), to: directory.appending("a.tar"))
      return try Tool.shell("\(command) a.tar", in: directory)
    }
    let (listing, index) = try #require(try await Self.layer(of: packed, below: path("opt/app")))
    #expect(
      listing.map(\.0.path)
        == ["opt/app/a", "opt/app/a/file", "opt/app/a/hard", "opt/app/a/sym", "opt/app/z"].map { path($0) })
    #expect(listing[1].1 == [UInt8](repeating: 9, count: 3000) && listing[2].1 == Array("again".utf8))
    #expect(
      listing[4].0.kind == .hardLink(path("opt/app/a/hard")) && listing[3].0.kind == .symlink(target: Array("/z".utf8)))
    #expect(index[path("opt/app/a/hard")]?.contentDigest == LayerWriterTests.sha256(Array("again".utf8)))
  }

  @Test func `files that are no archives are told apart`() async throws {
    let gzipped = try compressed(Array("just text\n".utf8), .gzip(level: 1))
    for bytes in [
      [], Array("text".utf8), [UInt8](repeating: 65, count: 5000), gzipped, Array(gzipped.prefix(15)),
      [UInt8](repeating: 0, count: 1024),
    ] {
      #expect(try await Self.layer(of: bytes, below: .root) == nil)
    }
  }

  @Test func `a damaged archive is an error and not a file`() async throws {
    let cut = Array(Self.sample().bytes.dropLast(600))
    await #expect(throws: LayerError.truncated(offset: Int64(cut.count))) {
      try await Self.layer(of: cut, below: .root)
    }
    let packed = try Array(
      compressed(Self.sample().finished() + SeededGenerator.noise(50_000), .gzip(level: 1)).dropLast(9))
    await #expect(throws: LayerError.truncatedCompression(.gzip)) { try await Self.layer(of: packed, below: .root) }
  }

  @Test func `members behind links of the archive are where these lead`() async throws {
    var tar = TestTar()
    tar.add("lib".utf8, type: "2", link: "usr/lib".utf8)
    tar.add("lib/x".utf8, content: [1])
    tar.add("usr/lib/".utf8, type: "5")
    tar.add("first".utf8, type: "1", link: "lib/x".utf8)
    let (listing, _) = try #require(try await Self.layer(of: tar.finished(), below: path("opt")))
    #expect(listing.map(\.0.path) == ["opt/first", "opt/lib", "opt/usr/lib", "opt/usr/lib/x"].map { path($0) })
    #expect(listing[0].1 == [1] && listing[3].0.kind == .hardLink(path("opt/first")))
  }

  @Test func `names that would hide something cannot be added`() async throws {
    var tar = TestTar()
    tar.add("ok".utf8)
    tar.add(".wh.etc".utf8)
    let bytes = tar.finished()
    await #expect(throws: LayerError.unrepresentable(path(".wh.etc"), "a name that means a whiteout")) {
      try await Self.layer(of: bytes, below: .root)
    }
  }
}

extension SeededGenerator {
  static func noise(_ count: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: 99)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }
}
