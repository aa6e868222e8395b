import Layers
import TestSupport
import Testing

@Suite struct TarReaderTests {
  @Test(arguments: [TestTar.Style.v7, .ustar, .gnu])
  func `entries and contents are read in each header format`(style: TestTar.Style) throws {
    var tar = TestTar()
    tar.add("dir/".utf8, type: style == .v7 ? "\0" : "5", style: style)
    tar.add("dir/file".utf8, content: Array("hello".utf8), style: style)
    tar.add("link".utf8, type: "2", link: "dir/file".utf8, style: style)
    tar.add("hard".utf8, type: "1", link: "./dir/file".utf8, style: style)
    let all = try readAll(tar.finished())
    #expect(
      all.map(\.entry.kind) == [
        .directory, .file(size: 5, digest: nil), .symlink(target: Array("dir/file".utf8)), .hardLink(path("dir/file")),
      ])
    #expect(all.map(\.entry.path) == ["dir", "dir/file", "link", "hard"].map { path($0) })
    #expect(all[1].content == Array("hello".utf8))
    #expect(all[1].entry.uid == 0o1750 && all[1].entry.gid == 0o144 && all[1].entry.mode == 0o644)
  }

  @Test func `pax records override the header`() throws {
    let long = String(repeating: "long/", count: 60) + "name"
    var tar = TestTar()
    tar.addPax([
      ("path", Array(long.utf8)), ("uid", Array("3000000000".utf8)), ("gid", Array("7".utf8)),
      ("mtime", Array("-1.25".utf8)), ("SCHILY.xattr.user.b", [0, 10, 61]), ("SCHILY.xattr.user.a", [1]),
    ])
    tar.add("short".utf8)
    tar.add("next".utf8)
    let all = try readAll(tar.finished()).map(\.entry)
    #expect(all[0].path == path(long) && all[0].uid == 3_000_000_000 && all[0].gid == 7)
    #expect(all[0].modified == Timestamp(seconds: -2, nanoseconds: 750_000_000))
    #expect(all[0].attributes.map(\.name) == [Array("user.a".utf8), Array("user.b".utf8)])
    #expect(all[0].attributes.map(\.value) == [[1], [0, 10, 61]])
    #expect(all[1].path == path("next") && all[1].attributes.isEmpty)
  }

  @Test func `a pax size counts for the content and global records for every entry`() throws {
    var tar = TestTar()
    tar.addPax([("uid", Array("42".utf8)), ("comment", Array("x".utf8))], type: "g")
    tar.addPax([("size", Array("3".utf8))])
    tar.add("a".utf8, content: [1, 2, 3], edit: { $0.replaceSubrange(124..<136, with: TestTar.octal(0, 11).utf8) })
    tar.add("b".utf8)
    let all = try readAll(tar.finished())
    #expect(all.map(\.content) == [[1, 2, 3], []])
    #expect(all.map(\.entry.uid) == [42, 42])
  }

  @Test func `GNU long names and links`() throws {
    let long = String(repeating: "n", count: 300)
    var tar = TestTar()
    tar.add("././@LongLink".utf8, type: "K", content: Array((long + "\0").utf8), style: .gnu)
    tar.add("././@LongLink".utf8, type: "L", content: Array((long + "\0").utf8), style: .gnu)
    tar.add(long.utf8, type: "2", link: long.utf8, style: .gnu)
    let entry = try #require(try readAll(tar.finished()).first?.entry)
    #expect(entry.path == path(long) && entry.kind == .symlink(target: Array(long.utf8)))
  }

  @Test func `base-256 numbers, also negative ones`() throws {
    var tar = TestTar()
    tar.add("a".utf8, style: .gnu) { header in
      header.replaceSubrange(108..<116, with: [0x80, 0, 0, 0, 0xB2, 0xD0, 0x5E, 0x00])
      header.replaceSubrange(136..<148, with: [UInt8](repeating: 0xFF, count: 12))
    }
    let entry = try #require(try readAll(tar.finished()).first?.entry)
    #expect(entry.uid == 3_000_000_000 && entry.modified == Timestamp(seconds: -1))
  }

  @Test func `prefixes of ustar, star and old Go`() throws {
    let prefix = String(repeating: "a", count: 97)
    var tar = TestTar()
    tar.add("foo".utf8) { $0.replaceSubrange(345..<(345 + 97), with: prefix.utf8) }
    tar.add("bar".utf8) { header in
      header.replaceSubrange(345..<348, with: "pre".utf8)
      header.replaceSubrange(476..<488, with: "00000000000 ".utf8)
      header.replaceSubrange(508..<512, with: "tar\0".utf8)
    }
    tar.add("foo".utf8, style: .gnu) { $0.replaceSubrange(345..<(345 + 97), with: prefix.utf8) }
    tar.add("gnu".utf8, style: .gnu) { $0.replaceSubrange(345..<357, with: "12345670123\0".utf8) }
    #expect(
      try readAll(tar.finished()).map(\.entry.path)
        == ["\(prefix)/foo", "pre/bar", "\(prefix)/foo", "gnu"].map { path($0) })
  }

  @Test func `checksums of old programs with signed bytes are accepted`() throws {
    var tar = TestTar()
    tar.add([0xE4]) { header in
      for index in 148..<156 { header[index] = 32 }
      let sum = header.reduce(0) { $0 + Int(Int8(bitPattern: $1)) }
      header.replaceSubrange(148..<156, with: Array(TestTar.octal(sum, 6).utf8) + [32])
    }
    #expect(try readAll(tar.finished()).map(\.entry.path.bytes) == [[0xE4]])
  }

  @Test(arguments: [
    ("whiteout", "dir/.wh.name", LayerEntry.whiteout(path("dir/name"))),
    ("opaque", "dir/.wh..wh..opq", .opaque(path("dir"))), ("root", ".wh..wh..opq", .opaque(.root)),
    (
      "inside", ".wh.dir/file",
      LayerEntry(path: path(".wh.dir/file"), kind: .file(size: 0, digest: nil), mode: 0o644, uid: 0o1750, gid: 0o144)
    ),
  ])
  func `whiteouts become marks`(label: String, name: String, expected: LayerEntry) throws {
    var tar = TestTar()
    tar.add("dir/.wh..wh.plnk".utf8)
    tar.add(".wh..wh.plnk/1.2".utf8)
    tar.add(name.utf8)
    #expect(try readAll(tar.finished()).map(\.entry) == [expected])
    #expect(
      try readAll(tar.finished(), whiteouts: .literal).map(\.entry.path) == [
        path("dir/.wh..wh.plnk"), path(".wh..wh.plnk/1.2"), path(name),
      ])
  }

  static let damages: [(String, TarFault, @Sendable (inout TestTar) -> Void)] = [
    ("checksum", .checksum, { $0.add("x".utf8) { $0.replaceSubrange(148..<156, with: "000001\0 ".utf8) } }),
    ("size", .number(field: "size"), { $0.add("x".utf8) { $0[124] = UInt8(ascii: "9") } }),
    (
      "negative", .number(field: "size"),
      { $0.add("x".utf8, style: .gnu) { $0.replaceSubrange(124..<136, with: [UInt8](repeating: 0xFF, count: 12)) } }
    ),
    (
      "huge", .number(field: "size"),
      {
        $0.add("x".utf8, style: .gnu) {
          $0.replaceSubrange(124..<136, with: [0x80] + [UInt8](repeating: 0xFF, count: 11))
        }
      }
    ),
    (
      "uid", .number(field: "uid"),
      {
        $0.addPax([("uid", Array("99999999999".utf8))]); $0.add("x".utf8)
      }
    ),
    (
      "mtime", .number(field: "mtime"),
      {
        $0.addPax([("mtime", Array("1e9".utf8))]); $0.add("x".utf8)
      }
    ),
    (
      "nul", .name,
      {
        $0.addPax([("path", [97, 0, 98])]); $0.add("x".utf8)
      }
    ),
    (
      "long", .name,
      {
        $0.addPax([("path", [UInt8](repeating: 97, count: 5000))]); $0.add("x".utf8)
      }
    ),
    (
      "pax", .extendedHeader,
      {
        $0.add("p".utf8, type: "x", content: Array("99 path=x\n".utf8)); $0.add("x".utf8)
      }
    ),
    (
      "pax length", .extendedHeader,
      {
        $0.add("p".utf8, type: "x", content: Array("0 a=\n".utf8)); $0.add("x".utf8)
      }
    ),
    (
      "pax size", .extendedHeaderTooLarge(2 << 20),
      { $0.add("p".utf8, type: "x", content: [UInt8](repeating: 0, count: 2 << 20)) }
    ),
    ("type", .type(UInt8(ascii: "Q")), { $0.add("x".utf8, type: "Q") }),
    ("sparse", .sparse, { $0.add("x".utf8, type: "S", style: .gnu) }),
    (
      "pax sparse", .sparse,
      {
        $0.addPax([("GNU.sparse.major", [49])]); $0.add("x".utf8)
      }
    ),
    ("root", .rootIsNotADirectory, { $0.add("../".utf8, type: "2", link: "/etc".utf8) }),
    ("empty", .rootIsNotADirectory, { $0.add("".utf8, type: "2", link: "/etc".utf8) }),
    ("whiteout of nothing", .whiteoutName, { $0.add("etc/.wh.".utf8) }),
    ("whiteout of itself", .whiteoutName, { $0.add("etc/.wh..".utf8) }),
    ("whiteout of the parent", .whiteoutName, { $0.add("etc/.wh...".utf8) }),
  ]

  @Test(arguments: damages.indices)
  func `damaged and hostile headers are errors at their offset`(index: Int) throws {
    let (label, fault, damage) = Self.damages[index]
    var tar = TestTar()
    tar.add("first".utf8, content: Array("content".utf8))
    damage(&tar)
    #expect(throws: LayerError.self, "\(label)") { try readAll(tar.finished()) }
    do {
      _ = try readAll(tar.finished())
    } catch LayerError.malformed(let found, let offset) {
      #expect(found == fault, "\(label)")
      #expect(offset >= 1024 && offset % 512 == 0, "\(label)")
    }
  }

  @Test func `an archive cut anywhere is whole or an error`() throws {
    var tar = TestTar()
    tar.addPax([("path", Array("renamed".utf8))])
    tar.add("a".utf8, content: [UInt8](repeating: 7, count: 700))
    tar.add("b".utf8, content: [1])
    let bytes = tar.finished()
    for length in 0..<bytes.count {
      do {
        let found = try readAll(Array(bytes[..<length]))
        // Only behind an entry's content may the archive end without saying so.
        let whole = length == 0 ? 0 : length < 3072 ? 1 : 2
        #expect(found.count == whole, "cut at \(length)")
        #expect(length == 0 || length >= 1536 + 700, "cut at \(length)")
      } catch LayerError.truncated(let offset) {
        #expect(offset == Int64(length))
      }
    }
  }

  @Test(arguments: UInt64(1)...4)
  func `archives damaged at random are read or refused, within their own size`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var tar = TestTar()
    tar.addPax([("path", Array("renamed".utf8)), ("SCHILY.xattr.user.a", [1, 2])])
    tar.add("a".utf8, content: [UInt8](repeating: 7, count: 700))
    tar.add("l".utf8, type: "L", content: Array("long\0".utf8), style: .gnu)
    tar.add("b".utf8, type: "1", link: "a".utf8, style: .gnu)
    tar.add("d/.wh.x".utf8)
    let bytes = tar.finished()
    for _ in 0..<150 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        damaged[place] = UInt8.random(in: 0...255, using: &generator)
        // Half of the damage is behind a valid checksum.
        if Bool.random(using: &generator) {
          var header = Array(damaged[(place / 512 * 512)..<(place / 512 * 512 + 512)])
          header.replaceSubrange(148..<156, with: [UInt8](repeating: 0, count: 8))
          TestTar.sign(&header)
          damaged.replaceSubrange((place / 512 * 512)..<(place / 512 * 512 + 512), with: header)
        }
      }
      do {
        let all = try readAll(damaged)
        #expect(all.reduce(0) { $0 + $1.content.count } <= damaged.count)
        _ = try? Tree([LayerIndex(all.map(\.entry))])
      } catch is LayerError {}
    }
  }

  @Test func `global headers without end are refused`() {
    var tar = TestTar()
    for index in 0..<100 {
      tar.addPax([("SCHILY.xattr.user.\(index)", [UInt8](repeating: 65, count: 1000))], type: "g")
    }
    #expect(throws: LayerError.self) { try readAll(tar.finished()) }
  }

  @Test func `data that is no archive is told apart from a damaged one`() {
    #expect(throws: LayerError.malformed(.notAnArchive, offset: 0)) {
      try readAll([UInt8](repeating: UInt8(ascii: "x"), count: 2048))
    }
  }

  @Test(arguments: ["whiteout_dir.tar", "layer-wh.tar", "tarball.tar"])
  func `archives of other projects are listed as GNU tar lists them`(name: String) async throws {
    let bytes = try Fixture.bytes(name)
    let listed = try await inTemporaryDirectory { directory in
      try Tool.write(bytes, to: directory.appending("a.tar"))
      return try Tool.shell("tar -tf a.tar", in: directory)
    }
    let names = listed.split(separator: 10).compactMap { EntryPath(tarName: $0) }
    #expect(try readAll(bytes, whiteouts: .literal).map(\.entry.path) == names)
    #expect(!names.isEmpty)
  }
}
