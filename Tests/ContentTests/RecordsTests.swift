import Content
import OCI
import Linux
import Testing

@Suite struct RecordsTests {
  private let digest = Digest(sha256: [UInt8](repeating: 1, count: 32))
  private let other = Digest(sha256: [UInt8](repeating: 2, count: 32))

  @Test func stepsAreFoundByKeyAndByName() async throws {
    try await withTemporaryDirectory(prefix: "imgset-content-") { root, _ in
      let records = try ContentStore(root: root).records
      let layer = StoredLayer(descriptor: Descriptor(mediaType: .layerGzip, digest: other, size: 9), diffID: digest)
      let made = StepRecord(key: digest, name: "cli/arm64#3", inputs: "{}", layer: layer, seconds: 1.5)
      let empty = StepRecord(key: other, name: "cli/arm64#4", inputs: "{}", layer: nil, seconds: 0)
      try records.setStep(made)
      try records.setStep(empty)
      #expect(try records.step(digest) == made)
      #expect(try records.step(other) == empty)
      #expect(try records.lastStep(named: "cli/arm64#3") == made)
      #expect(try records.lastStep(named: "cli/arm64#5") == nil)
    }
  }

  @Test func aChangedFileHasNoRememberedDigest() async throws {
    try await withTemporaryDirectory(prefix: "imgset-content-") { root, _ in
      let records = try ContentStore(root: root).records
      let identity = FileIdentity(device: .max, inode: 2, size: 3, modified: 4, changed: 5)
      var touched = identity
      touched.changed = 6
      try records.setFileDigests([(identity, digest)])
      #expect(try records.fileDigests([identity, touched]) == [identity: digest])
    }
  }

  @Test func layerIndexesAndCellsAreKept() async throws {
    try await withTemporaryDirectory(prefix: "imgset-content-") { root, _ in
      let records = try ContentStore(root: root).records
      try records.setLayerIndex(digest, [1, 2, 3])
      try records.setCell(CellRecord(name: "s/c/p", manifest: digest, seconds: 2))
      let again = try ContentStore(root: root).records
      #expect(try again.layerIndex(digest) == [1, 2, 3])
      #expect(try again.layerIndex(other) == nil)
      #expect(try again.cell("s/c/p")?.manifest == digest)
    }
  }
}
