import Layers
import Linux
import OCI
import Snapshots
import SystemPackage
import Testing

@testable import Execution

@Suite("changes of a step", .enabled(if: Machine.effectiveUser == 0, "needs root"))
struct SnapshotDiffTests {
  private let epoch = Timestamp(seconds: 1_000_000_000)

  /// Runs a script on the laboratory's image and describes what changed.
  private func changes(_ script: String, before prepare: (Directory) throws -> Void = { _ in }) async throws -> [String]
  {
    try await withLaboratory { lab async throws in
      try prepare(lab.directory.directory("base"))
      let (_, change) = try await lab.run(lab.request(script))
      let difference = try change.difference(latest: epoch)
      try change.snapshot.discard()
      return difference.entries.map(describe)
    }
  }

  private func describe(_ entry: LayerEntry) -> String {
    let kind =
      switch entry.kind {
      case .file(let size, _): "file \(size)"
      case .directory: "directory"
      case .symlink(let target): "link \(String(decoding: target, as: UTF8.self))"
      case .hardLink(let target): "hard link \(target)"
      case .characterDevice(let major, let minor): "character \(major):\(minor)"
      case .blockDevice(let major, let minor): "block \(major):\(minor)"
      case .fifo: "fifo"
      case .whiteout: "whiteout"
      case .opaque: "opaque"
      }
    return "\(entry.path) \(kind)" + (entry.isMark ? "" : " \(String(entry.mode, radix: 8)) \(entry.uid):\(entry.gid)")
  }

  @Test(
    "every kind of change becomes an entry",
    arguments: [
      ("true", []),
      ("echo hello > /a", ["/a file 6 644 0:0"]),
      ("mkdir -p /x/y; /bin/busybox chown 5:6 /x/y", ["/x directory 755 0:0", "/x/y directory 755 5:6"]),
      ("rm /etc/group", ["/etc directory 755 0:0", "/etc/group whiteout"]),
      ("rm -r /etc/conf", ["/etc directory 755 0:0", "/etc/conf whiteout"]),
      (
        "rm -r /etc/conf; mkdir /etc/conf; echo 1 > /etc/conf/n",
        [
          "/etc directory 755 0:0", "/etc/conf directory 755 0:0", "/etc/conf opaque",
          "/etc/conf/n file 2 644 0:0",
        ]
      ),
      ("/bin/busybox chmod 700 /etc/conf", ["/etc directory 755 0:0", "/etc/conf directory 700 0:0"]),
      ("/bin/busybox chmod 755 /etc/conf; : >> /etc/group; /bin/busybox touch /etc/conf", []),
      ("/bin/busybox ln -s ../b /l; /bin/busybox mkfifo -m 600 /f", ["/f fifo 600 0:0", "/l link ../b 777 0:0"]),
      ("echo x > /1; /bin/busybox ln /1 /2", ["/1 file 2 644 0:0", "/2 hard link /1 644 0:0"]),
      ("rm /etc/group; mkdir /etc/group", ["/etc directory 755 0:0", "/etc/group directory 755 0:0"]),
      ("rm -r /etc/conf; echo > /etc/conf", ["/etc directory 755 0:0", "/etc/conf file 1 644 0:0"]),
      ("/bin/busybox mknod /dev0 c 1 3", ["/dev0 character 1:3 644 0:0"]),
      ("/bin/busybox chmod 711 /", ["/ directory 711 0:0"]),
    ])
  func entries(script: String, expected: [String]) async throws {
    let found = try await changes(script) { base in
      let conf = try base.directory("etc").ensureDirectory("conf")
      try RunLaboratory.write("1", "one", in: conf)
    }
    #expect(found == expected)
  }

  @Test("places the runtime made for its mounts are no change, unless something is in them")
  func mountPoints() async throws {
    let etcHidden: (Directory) throws -> Void = { base in
      // As an image that took away what an earlier layer of it had.
      for name in ["sys", "proc"] { try base.makeNode(name, .character, permissions: 0) }
    }
    #expect(try await changes("true", before: etcHidden) == [])
    #expect(
      try await changes("echo x > /etc/file", before: etcHidden) == [
        "/etc directory 755 0:0", "/etc/file file 2 644 0:0",
      ])
  }

  @Test("times are clamped in the layer and on the disk, older ones stay")
  func times() async throws {
    try await withLaboratory { lab async throws in
      let (_, change) = try await lab.run(
        lab.request("mkdir /d; echo > /d/new; echo > /d/old; /bin/busybox touch -d @5 /d/old"))
      let difference = try change.difference(latest: epoch)
      #expect(difference.entries.map(\.modified.seconds) == [1_000_000_000, 1_000_000_000, 5])
      let directory = try change.snapshot.files.directory("d")
      #expect(try directory.status().modified == .init(seconds: 1_000_000_000))
      #expect(try directory.status(ofName: "new").modified == .init(seconds: 1_000_000_000))
      #expect(try directory.status(ofName: "old").modified == .init(seconds: 5))
      try change.snapshot.discard()
    }
  }

  @Test("two runs of a step give the same layer, and it unpacks to what the step left")
  func roundTrip() async throws {
    try await withLaboratory { lab async throws in
      let script = """
        mkdir -p /opt/b /opt/a; echo 1 > /opt/b/1; echo 2 > /opt/a/2; /bin/busybox ln /opt/a/2 /opt/b/two
        rm -r /etc/passwd; echo data > /opt/.hidden; /bin/busybox chmod 4711 /opt/b/1
        """
      var layers: [[UInt8]] = []
      for _ in 0..<2 {
        let (_, change) = try await lab.run(lab.request(script))
        let sink = MemorySink()
        let writer = try LayerWriter(into: sink, workers: 1)
        try change.difference(latest: epoch).write(to: writer)
        let written = try writer.finish()
        layers.append(sink.bytes)
        if layers.count == 2 {
          let again = try UpperDiff(of: change.snapshot.files, over: change.base, latest: epoch)
          try change.snapshot.commit(as: written.diffID)
          #expect(lab.snapshots.contains(written.diffID))
          let unpacked = try SnapshotStore(root: lab.root.appending("second"))
          let paths = try unpacked.unpackedStack(
            [.init(diffID: written.diffID, chainID: written.diffID)], cancellation: CancellationFlag()
          ) { _ in
            try LayerReader(MemorySource(sink.bytes), mediaType: written.mediaType, diffID: written.diffID)
          }
          let copy = try UpperDiff(of: Directory(at: paths[0]), over: change.base, latest: epoch)
          #expect(copy.entries == again.entries)
        } else {
          try change.snapshot.discard()
        }
      }
      #expect(layers[0] == layers[1])
    }
  }
}
