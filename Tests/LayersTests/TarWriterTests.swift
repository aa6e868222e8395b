import Layers
import Linux
import Testing

@Suite struct TarWriterTests {
  static func archive(_ entries: [(LayerEntry, [UInt8])]) throws -> [UInt8] {
    let sink = MemorySink()
    let writer = TarWriter(sink)
    for (entry, content) in entries {
      try writer.begin(entry)
      try content.withUnsafeBytes { try writer.write($0) }
    }
    try writer.finish()
    return sink.bytes
  }

  @Test func `a plain entry is one ustar header`() throws {
    var entry = file("usr/bin/tool", size: 3, mode: 0o4755)
    entry.uid = 1000
    entry.modified = Timestamp(seconds: 1_700_000_000)
    let bytes = try Self.archive([(entry, Array("abc".utf8))])
    #expect(bytes.count == 512 + 512 + 1024)
    let text = String(decoding: bytes[..<265], as: UTF8.self).replacing("\0", with: "_")
    #expect(text.hasPrefix("usr/bin/tool____"))
    #expect(
      text.dropFirst(100) == "0004755_0001750_0000000_00000000003_14524770400_011545_ 0"
        + String(repeating: "_", count: 100) + "ustar_00")
    #expect(bytes[512..<1024].elementsEqual(Array("abc".utf8) + [UInt8](repeating: 0, count: 509)))
    #expect(bytes[1024...].allSatisfy { $0 == 0 })
  }

  @Test(arguments: [
    (100, 1), (101, 3), (1, 1), (255, 3),
  ])
  func `a pax header only stands before what ustar cannot hold`(length: Int, blocks: Int) throws {
    let bytes = try Self.archive([(file(String(repeating: "n", count: length)), [])])
    #expect(bytes.count == 512 * blocks + 1024)
  }

  @Test func `long paths are split at a slash where that is possible`() throws {
    let split = String(repeating: "d", count: 150) + "/" + String(repeating: "n", count: 100)
    #expect(try Self.archive([(file(split), [])]).count == 512 + 1024)
    let directoryPath = String(repeating: "d", count: 155) + "/" + String(repeating: "n", count: 99)
    #expect(try Self.archive([(directory(directoryPath), [])]).count == 512 + 1024)
    let unsplittable = String(repeating: "d", count: 156) + "/" + String(repeating: "n", count: 99)
    #expect(try Self.archive([(file(unsplittable), [])]).count == 3 * 512 + 1024)
    for name in [split, unsplittable] {
      #expect(try readAll(Self.archive([(file(name), [])])).map(\.entry.path) == [path(name)])
    }
    #expect(try readAll(Self.archive([(directory(directoryPath), [])])).map(\.entry) == [directory(directoryPath)])
  }

  @Test func `marks are written under their names in the archive`() throws {
    let bytes = try Self.archive([
      (.whiteout(path("a/b")), []), (.opaque(path("c")), []), (.opaque(.root), []), (directory(""), []),
    ])
    let names = stride(from: 0, to: 2048, by: 512).map {
      String(decoding: bytes[$0..<($0 + 100)].prefix { $0 != 0 }, as: UTF8.self)
    }
    #expect(names == ["a/.wh.b", "c/.wh..wh..opq", ".wh..wh..opq", "./"])
  }

  @Test(arguments: [
    file(".wh.file"), file("dir/.wh..wh..opq"), .whiteout(.root), symlink("link", ""),
    LayerEntry(path: path("dev"), kind: .characterDevice(major: 1 << 21, minor: 0), mode: 0o600),
    LayerEntry(
      path: path("x"), kind: .fifo, mode: 0, attributes: [ExtendedAttribute(name: Array("user.a=b".utf8), value: [1])]),
    LayerEntry(path: .root, kind: .fifo, mode: 0), file("negative", size: -1),
  ])
  func `what an archive cannot say is an error`(entry: LayerEntry) {
    #expect(throws: LayerError.self) { try Self.archive([(entry, [])]) }
  }

  @Test func `content of another length than announced is an error`() {
    #expect(throws: LayerError.self) { try Self.archive([(file("a", size: 2), [1])]) }
    #expect(throws: LayerError.self) { try Self.archive([(file("a", size: 2), [1, 2, 3])]) }
  }

  static let sample: [(LayerEntry, [UInt8])] = {
    var big = file("big", size: 100_000)
    big.modified = Timestamp(seconds: 1_234_567_890, nanoseconds: 123_456_789)
    big.attributes = [ExtendedAttribute(name: Array("user.test".utf8), value: Array("value".utf8))]
    let long = String(repeating: "directory/", count: 30)
    return [
      (big, [UInt8](repeating: 0x42, count: 100_000)), (directory("dir", mode: 0o750), []),
      (file("dir/ümlaut", size: 1), [1]),
      (
        LayerEntry(path: EntryPath(tarName: [0x66, 0xFF]) ?? .root, kind: .file(size: 0, digest: nil), mode: 0o600), []
      ),
      (hardLink("link", "big"), []), (file(long + "file", size: 2), [1, 2]), (symlink("sym", long), []),
      (LayerEntry(path: path("pipe"), kind: .fifo, mode: 0o600), []),
    ]
  }()

  @Test(.enabled(if: Tool.isInstalled("bsdtar"), "bsdtar is not installed"), arguments: ["tar", "bsdtar"])
  func `other programs extract what was written`(program: String) async throws {
    let bytes = try Self.archive(Self.sample)
    let (listing, long, digest) = try await inTemporaryDirectory { directory in
      try Tool.write(bytes, to: directory.appending("a.tar"))
      try Tool.shell(
        "mkdir out && \"$1\" -xf a.tar -C out && test ! -s tool-errors || { cat tool-errors >&2; exit 1; }", program,
        in: directory)
      return (
        try Tool.shell("cd out && find . -mindepth 1 -printf '%P|%y|%m|%s|%l\\n' | sort", in: directory),
        try Tool.shell("stat -c '%h %.9Y' out/big && find out/directory -type f -size 1", in: directory),
        try Tool.shell("tr -d B < out/big | wc -c", in: directory)
      )
    }
    let lines = listing.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    #expect(lines.contains("big|f|644|100000|") && lines.contains("link|f|644|100000|"))
    #expect(
      lines.contains("dir|d|750|4096|") && lines.contains("dir/ümlaut|f|644|1|") && lines.contains("pipe|p|600|0|"))
    #expect(listing.split(separator: 10).contains { $0.starts(with: [0x66, 0xFF]) })
    #expect(lines.contains { $0.hasPrefix("sym|l|777|300|directory/directory/") })
    #expect(String(decoding: long, as: UTF8.self).hasPrefix("2 1234567890.123456789\n"))
    #expect(long.filter { $0 == 10 }.count == 2)
    #expect(String(decoding: digest, as: UTF8.self).trimmingPrefix(" ") == "0\n")
  }

  @Test func `extended attributes are written as GNU tar reads them`() async throws {
    let bytes = try Self.archive(Self.sample)
    let listing = try await inTemporaryDirectory { directory in
      try Tool.write(bytes, to: directory.appending("a.tar"))
      return try Tool.shell("tar --xattrs -tvvf a.tar", in: directory)
    }
    #expect(String(decoding: listing, as: UTF8.self).contains("x: 5 user.test"))
  }

  @Test(
    .enabled(if: Tool.isInstalled("bsdtar"), "bsdtar is not installed"),
    arguments: [
      "tar --format=gnu -c tree", "tar --format=posix -c tree", "tar --format=ustar -c tree/short",
      "tar --format=v7 -c tree/short",
      "tar --format=oldgnu -c tree", "bsdtar --format=pax -c tree", "bsdtar --format=ustar -c tree/short",
      "bsdtar --format=gnutar -c tree",
    ])
  func `archives of other programs are read`(command: String) async throws {
    let (bytes, listing) = try await inTemporaryDirectory { directory in
      try Tool.shell(
        """
        mkdir -p tree/short "tree/$(printf 'long%050d/' 1 2 3 4)" && echo content >tree/short/a && ln tree/short/a tree/short/b &&
        ln -s "$(printf 'target%060d/' 1 2)" tree/link && mkfifo tree/pipe && touch "tree/$(printf 'long%050d/' 1 2 3 4)/f" && chmod 4711 tree/short/a
        """, in: directory)
      return (try Tool.shell("\(command)", in: directory), try Tool.shell("\(command) | tar -t", in: directory))
    }
    let names = listing.split(separator: 10).compactMap { EntryPath(tarName: $0) }
    let all = try readAll(bytes)
    #expect(all.map(\.entry.path) == names && names.count >= 3)
    let short = all.filter { $0.entry.path.parent == path("tree/short") }.map {
      ($0.entry.kind, $0.content, $0.entry.mode)
    }
    #expect(short.contains { $0 == (.file(size: 8, digest: nil), Array("content\n".utf8), 0o4711) })
    #expect(
      short.contains { if case .hardLink(let target) = $0.0 { target.parent == path("tree/short") } else { false } })
  }
}
