import FoundationEssentials
import Layers
import Linux
import OCI
import Snapshots
import SystemPackage
import Testing

@testable import Execution

/// The archives of containerd, umoci and containers/storage (see LayersTests/Fixtures) unpacked for real.
@Suite("unpacking, other projects' cases", .enabled(if: Machine.effectiveUser == 0, "needs root"))
struct SnapshotConformanceTests {
  struct Item: Decodable {
    let name: String?
    let path: String?
    let type: String
    let link: String?
    let content: String?
  }

  struct Check: Decodable {
    let check: String
    let path: String?
    let content: String?
    let a: String?
    let b: String?
  }

  struct Breakout: Decodable, Sendable, CustomTestStringConvertible {
    let id: String
    let expect: String?
    let initial: [Item]?
    let entries: [Item]
    let checks: [Check]?
    var testDescription: String { id }
  }

  struct Breakouts: Decodable { let cases: [Breakout] }

  static func cases(_ file: String) -> [Breakout] {
    let path = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .appending("LayersTests/Fixtures").appending(file)
    let bytes = Machine.contents(of: path)
    return (try? JSONDecoder().decode(Breakouts.self, from: Data(bytes)).cases) ?? []
  }

  /// An archive with exactly these names, hostile ones too.
  private func archive(_ items: [Item]) -> [UInt8] {
    var bytes: [UInt8] = []
    for item in items {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, _ start: Int) {
        for (index, byte) in text.utf8.prefix(100).enumerated() { header[start + index] = byte }
      }
      let content = Array((item.content ?? "").utf8)
      put(item.name ?? item.path ?? "", 0)
      put("0000644", 100)
      put("0000000", 108)
      put("0000000", 116)
      let size = String(content.count, radix: 8)
      put(String(repeating: "0", count: 11 - size.count) + size, 124)
      put("00000000000", 136)
      put(["dir": "5", "symlink": "2", "hardlink": "1", "fifo": "6"][item.type] ?? "0", 156)
      put(item.link ?? "", 157)
      put("ustar\u{0}00", 257)
      put("        ", 148)
      let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
      put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0}", 148)
      bytes += header + content
      bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
    return bytes + [UInt8](repeating: 0, count: 1024)
  }

  /// Unpacks layers into a store; chain identities are made up, since nothing else has them here.
  private func unpack(_ archives: [[UInt8]], in store: SnapshotStore) throws -> [FilePath] {
    let readers = archives.map { bytes in
      { (diffID: Digest?) in try LayerReader(MemorySource(bytes), mediaType: .layer, diffID: diffID) }
    }
    let identities = try readers.enumerated().map { index, open in
      SnapshotStore.LayerIdentity(
        diffID: try open(nil).finish(), chainID: Digest(sha256: [UInt8](repeating: UInt8(index), count: 32)))
    }
    return try store.unpackedStack(identities, cancellation: CancellationFlag()) { index in
      try readers[index](identities[index].diffID)
    }
  }

  @Test("the fixtures are there")
  func fixtures() {
    #expect(Self.cases("breakout_victim.json").count >= 16)
    #expect(Self.cases("breakout_root.json").count >= 17)
  }

  @Test("a victim beside the target is never touched", arguments: cases("breakout_victim.json"))
  func victim(test: Breakout) async throws {
    try await withTemporaryDirectory { path, directory in
      // The unpacked tree is snapshots/DIGEST/fs; victims stand at every place that a few dot-dots lead to.
      let store = try SnapshotStore(root: path.appending("snapshots"))
      let secret = Directory.randomName()
      for place in [directory, try store.directoryForTests()] {
        try RunLaboratory.write(secret, "hello", in: place.ensureDirectory("victim"))
      }
      let paths = (try? unpack([archive(test.entries)], in: store)) ?? []
      for place in [directory, try store.directoryForTests()] {
        let victim = try place.directory("victim")
        #expect(try victim.entries().map { String(decoding: $0.name, as: UTF8.self) } == ["hello"])
        let status = try victim.status(ofName: "hello")
        #expect([status.permissions, status.links] == [0o644, 1])
        let file = try victim.file("hello")
        defer { file.closeQuietly() }
        #expect(try file.readAll(limit: 100) == Array(secret.utf8))
      }
      for unpacked in paths {
        let view = try MergedView(lowers: [unpacked])
        for name in try listing(Directory(at: unpacked)) {
          #expect((try? view.contents(of: Array(name.utf8), limit: 1000)) != Array(secret.utf8))
        }
      }
    }
  }

  @Test("what an archive means is found in the merged tree", arguments: cases("breakout_root.json"))
  func contained(test: Breakout) async throws {
    try await withTemporaryDirectory { path, _ in
      let store = try SnapshotStore(root: path.appending("snapshots"))
      let stack = (test.initial.map { [archive($0)] } ?? []) + [archive(test.entries)]
      let paths: [FilePath]
      do {
        paths = try unpack(stack, in: store)
      } catch {
        // Stricter than containerd: a link in the place of the root.
        #expect(test.expect == "refused" || test.id == "containerd-SymlinkEmptyFilename", "\(error)")
        return
      }
      #expect(test.expect == "extracted")
      let view = try MergedView(lowers: paths.reversed())
      func content(_ path: String?) throws -> [UInt8]? { try view.contents(of: Array((path ?? "").utf8), limit: 1000) }
      func inode(_ path: String?) throws -> UInt64? {
        try view.node(at: Array((path ?? "").utf8), followLast: false)?.status.inode
      }
      for check in test.checks ?? [] {
        switch check.check {
        case "file_bytes": #expect(try content(check.path) == Array((check.content ?? "").utf8))
        // A link into a lower layer is a copy here: the same content.
        case "same_inode_in_root": #expect(try content(check.a) != nil && content(check.a) == content(check.b))
        case "different_inode_in_root": #expect(try inode(check.a) != inode(check.b))
        case "absent": #expect(try content(check.path) == nil)
        case "both_symlinks_same_target":
          for name in [check.a, check.b] {
            let node = try view.node(at: Array((name ?? "").utf8), followLast: false)
            #expect(node?.status.kind == .symbolicLink)
          }
        case "outside_absent_or_unchanged":
          let outside = FilePath((check.path ?? "").replacing("@UNIQUE@", with: "unique"))
          #expect((try? FileDescriptor.open(outside, .readOnly).close()) == nil)
        default: Issue.record("unknown check \(check.check)")
        }
      }
    }
  }
}

extension SnapshotStore {
  /// The directory that holds the snapshots.
  func directoryForTests() throws -> Directory { try Directory(at: root) }
}
