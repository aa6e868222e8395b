import Content
import Linux
import OCI
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Distribution

/// Every kind of fault at every kind of request, in a conversation that has all kinds of request.
@Suite("matrix of faults")
struct FaultMatrixTests {
  /// One cell of the table.
  private struct Case: Hashable, Sendable {
    let kind: FaultyRegistry.Kind
    let fault: FaultyRegistry.Fault
  }

  /// A token server cannot say that a token has expired, and a request without a body cannot be damaged on its way.
  private static let cases = FaultyRegistry.Kind.allCases.flatMap { kind in
    FaultyRegistry.Fault.allCases.filter { !(kind == .token && $0 == .expiredToken) }.map {
      Case(kind: kind, fault: $0)
    }
  }

  private struct Outcome: Sendable {
    var requests = 0
    var disturbed = 0
    var problem: String?
    var error: RegistryError?
  }

  @Test("faults that pass are recovered from", arguments: [1, 3])
  func passing(times: Int) async throws {
    let table = try await run(times: times)
    print(Self.rendered(table, title: "requests with \(times) fault(s) in a row"))
    for (cell, outcome) in table {
      #expect(outcome.problem == nil, "\(cell)")
      #expect(outcome.error == nil, "\(cell): \(outcome.error.map { "\($0)" } ?? "")")
      // Some faults do no harm the first time, such as a cut body that only informs.
      #expect(outcome.disturbed >= 1, "\(cell) disturbed nothing")
    }
  }

  @Test("faults that stay end in an error that says what happened, or harm nothing")
  func lasting() async throws {
    let table = try await run(times: .max)
    print(Self.rendered(table, title: "requests until a lasting fault is believed (! = error)"))
    for (cell, outcome) in table {
      #expect(outcome.problem == nil, "\(cell)")
      #expect(outcome.requests < 200, "\(cell)")
      guard let error = outcome.error else { continue }
      #expect(error.place != nil, "\(cell)")
      #expect(!"\(error)".contains("token-") && !"\(error)".contains("secret"), "\(cell)")
      if cell.fault.status != nil || cell.fault == .reset || cell.fault == .stall {
        #expect(error.why.last?.hasPrefix("tried ") == true || error.why.count > 1, "\(cell): \(error)")
      }
    }
  }

  private func run(times: Int) async throws -> [(Case, Outcome)] {
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 71)
      let index = try fixture.index(platforms: ["amd64"], base: [try fixture.layer(size: 40_000)], layerSize: 5000)
      try store.setReference("v1", to: index)
      return try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
        var table = Self.cases.map { ($0, Outcome()) }
        for (position, cell) in Self.cases.enumerated() {
          if position >= 12, let (done, outcome) = try await group.next() { table[done].1 = outcome }
          group.addTask { (position, try await Self.converse(cell, times: times, index, in: store)) }
        }
        for try await (done, outcome) in group { table[done].1 = outcome }
        return table
      }
    }
  }

  private static func converse(
    _ cell: Case, times: Int, _ index: Descriptor, in store: ContentStore
  ) async throws -> Outcome {
    let faulty = FaultyRegistry(MemoryRegistry(), cell.kind, cell.fault, times: times)
    return try await ScriptedServer.with({ faulty.answer($0) }, cut: { faulty.cut($0) }) { server in
      var outcome = Outcome()
      var settings = RegistrySettings.forTests()
      settings.monolithicLimit = 10_000
      // Only where silence is the point is it waited for; a loaded machine may be silent for a while, too.
      settings.stallTimeout = cell.fault == .stall ? .seconds(5) : .seconds(60)
      do {
        try await work(server.name, settings, index, in: store)
        outcome.problem = try problem(faulty.registry, index, in: store)
      } catch let error as RegistryError {
        outcome.error = error
      }
      if !faulty.registry.violations.isEmpty { outcome.problem = faulty.registry.violations.joined(separator: "; ") }
      (outcome.requests, outcome.disturbed) = (server.requests.count, faulty.disturbed)
      return outcome
    }
  }

  /// A login, a push, a mount, a pull, and the lists.
  private static func work(
    _ server: String, _ settings: RegistrySettings, _ index: Descriptor, in store: ContentStore
  ) async throws {
    try await withRegistryClient(settings) { client in
      let (first, second) = (try Reference(parsing: "\(server)/app:t"), try Reference(parsing: "\(server)/two/app:t"))
      try await client.checkLogin(try CredentialPlace(parsing: server))
      let layout = try ImageLayout.open(store.root)
      let source = LayoutSource(layout: layout, selector: .name("v1"), name: "store")
      _ = try await ImageCopy(from: source, to: RegistryImage(first, client: client)).run()
      _ = try await ImageCopy(
        from: RegistryImage(first, client: client), to: RegistryImage(second, client: client)
      ).run()
      try await withTemporaryStore { copy in
        let pulled = try await client.pull(second, platform: Platform(architecture: "amd64"), into: copy)
        for blob in try ImageClosure(of: pulled.root, in: copy).blobs {
          guard try copy.read(blob.digest) == store.read(blob.digest) else { throw ContentError.missing(blob.digest) }
        }
      }
      let artifact = Self.artifact(about: index)
      try await client.putReferrer(artifact.bytes, artifact.descriptor, to: first)
      guard try await client.tags(of: first) == [Tag("t")] else { throw ContentError.missing(index.digest) }
      let referrers = try await client.referrers(of: index.digest, in: first)
      guard referrers.map(\.digest) == [artifact.descriptor.digest] else { throw ContentError.missing(index.digest) }
    }
  }

  /// What is wrong with what the registry has now.
  private static func problem(_ registry: MemoryRegistry, _ index: Descriptor, in store: ContentStore) throws -> String?
  {
    for repository in ["app", "two/app"] {
      guard try registry.manifest(repository, "t") == store.read(index.digest) else {
        return "\(repository):t is wrong"
      }
      for blob in try ImageClosure(of: index, in: store).blobs {
        guard try registry.blob(repository, "\(blob.digest)") == store.read(blob.digest) else {
          return "\(blob.digest) of \(repository) is wrong"
        }
      }
    }
    return nil
  }

  /// A manifest without blobs of its own that says something about another one.
  private static func artifact(about subject: Descriptor) -> (bytes: [UInt8], descriptor: Descriptor) {
    let index = """
      {"schemaVersion":2,"mediaType":"\(MediaType.index)","artifactType":"application/x.test","manifests":[],\
      "subject":{"mediaType":"\(subject.mediaType)","digest":"\(subject.digest)","size":\(subject.size)}}
      """
    let bytes = Array(index.utf8)
    let digest = RunningDigest.digest(of: bytes, .sha256)
    return (bytes, Descriptor(mediaType: .index, digest: digest, size: Int64(bytes.count)))
  }

  private static func rendered(_ table: [(Case, Outcome)], title: String) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.utf8.count))
    }
    let faults = FaultyRegistry.Fault.allCases
    var lines = [title, padded("", 13) + faults.map { padded($0.rawValue, 13) }.joined()]
    for kind in FaultyRegistry.Kind.allCases {
      let cells = faults.map { fault -> String in
        guard let outcome = table.first(where: { $0.0 == Case(kind: kind, fault: fault) })?.1 else { return "-" }
        return "\(outcome.requests)" + (outcome.error == nil ? "" : "!") + (outcome.problem == nil ? "" : " wrong")
      }
      lines.append(padded(kind.rawValue, 13) + cells.map { padded($0, 13) }.joined())
    }
    return lines.joined(separator: "\n")
  }
}
