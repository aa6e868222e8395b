import Content
import Glibc
import OCI
import SystemPackage
import Linux
import Testing

@Suite struct ContentStoreTests {
  @Test func aBlobIsThereOnlyAfterItsCommit() async throws {
    try await withTemporaryDirectory(prefix: "imgset-content-") { root, _ in
      let store = try ContentStore(root: root)
      let ingest = try store.ingest()
      try ingest.write(Array("hello".utf8))
      let expected = Digest("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
      let digest = try #require(expected)
      #expect(store.size(of: digest) == nil)
      try ingest.commit()
      #expect(try store.read(digest) == Array("hello".utf8))
    }
  }

  @Test func brokenPromisesStoreNothing() async throws {
    try await withTemporaryDirectory(prefix: "imgset-content-") { root, _ in
      let store = try ContentStore(root: root)
      let right = try store.write(Array("right".utf8), mediaType: .layer)
      var wrongSize = right
      wrongSize.size += 1
      for promised in [wrongSize, Descriptor(mediaType: .layer, digest: right.digest, size: 5)] {
        let ingest = try store.ingest()
        try ingest.write(Array("wrong".utf8))
        #expect(throws: ContentError.self) { try ingest.commit(expecting: promised) }
      }
      let names = try listing(root.appending("blobs").appending("sha256"))
      #expect(names == [right.digest.hex])
      #expect(try listing(root.appending("ingest")).isEmpty)
    }
  }

  @Test func aTruncatedBlobCountsAsAbsentAndIsReplaced() async throws {
    try await withTemporaryDirectory(prefix: "imgset-content-") { root, _ in
      let store = try ContentStore(root: root)
      let blob = try store.write(Array("content".utf8), mediaType: .layer)
      truncate(store.path(of: blob.digest).string, 3)
      #expect(!store.contains(blob))
      #expect(throws: ContentError.self) { try store.read(blob.digest) }
      _ = try store.write(Array("content".utf8), mediaType: .layer)
      #expect(store.contains(blob))
    }
  }

  @Test func namesSurviveReopeningAndAreReplacedTogether() async throws {
    try await withTemporaryDirectory(prefix: "imgset-content-") { root, _ in
      let one = try ContentStore(root: root).write(Array("{}".utf8), mediaType: .index)
      let two = try ContentStore(root: root).write(Array("[]".utf8), mediaType: .index)
      try ContentStore(root: root).setReferences(["a": one, "b": one])
      try ContentStore(root: root).setReferences(["b": two, "c": two])
      let store = try ContentStore(root: root)
      #expect(try store.references().map(\.name) == ["a", "b", "c"])
      #expect(try store.reference("a")?.digest == one.digest)
      #expect(try store.reference("b")?.digest == two.digest)
      #expect(try store.reference("d") == nil)
    }
  }

  @Test func aDamagedDatabaseIsReplaced() async throws {
    try await withTemporaryDirectory(prefix: "imgset-content-") { root, _ in
      let blob = try ContentStore(root: root).write(Array("kept".utf8), mediaType: .layer)
      let file = try FileDescriptor.open(root.appending("records.sqlite"), .writeOnly)
      try file.closeAfter { _ = try file.writeAll(Array(repeating: UInt8(7), count: 4096)) }
      let store = try ContentStore(root: root)
      #expect(try store.records.step(blob.digest) == nil)
      #expect(store.contains(blob))
    }
  }

  @Test func aForeignLayoutIsRefused() async throws {
    try await withTemporaryDirectory(prefix: "imgset-content-") { root, _ in
      let file = try FileDescriptor.open(
        root.appending("oci-layout"), .writeOnly, options: .create, permissions: .ownerReadWrite)
      try file.closeAfter { _ = try file.writeAll(Array(#"{"imageLayoutVersion":"9.0"}"#.utf8)) }
      #expect(throws: ContentError.foreignLayout(root)) { try ContentStore(root: root) }
    }
  }

  private func listing(_ path: FilePath) throws -> [String] {
    let stream = try #require(opendir(path.string))
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
