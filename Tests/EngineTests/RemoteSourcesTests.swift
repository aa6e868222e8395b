import Content
import Linux
import OCI
import Progress
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite("sets that add files from elsewhere")
struct RemoteSourcesTests {
  /// A server with one file, which a test can change.
  private final class Site: Sendable {
    let content = Mutex("one")

    var script: ScriptedServer.Script {
      { request in
        let text = self.content.withLock { $0 }
        let tag = "\"\(text)\""
        if request.headers["if-none-match"] == tag { return .response(status: 304) }
        return request.path == "/file" ? .text(200, text, headers: ["ETag": tag]) : .text(404, "no")
      }
    }
  }

  @Test("a URL is asked once for all platforms, and again in the next run")
  func revalidation() async throws {
    let site = Site()
    try await ScriptedServer.with(site.script) { server in
      try await withSet { set in
        try set.write("FROM scratch\nADD http://\(server.name)/file /f\n", to: "a/Dockerfile")
        let first = try await set.pipeline().0.build()
        #expect(server.requests.count == 1)
        let (pipeline, events) = set.pipeline()
        let second = try await pipeline.build()
        #expect(server.requests.count == 2)
        #expect(events.cached == [true, true])
        #expect(first.images[0].manifests == second.images[0].manifests)
        site.content.withLock { $0 = "two" }
        let third = try await set.pipeline().0.build()
        #expect(server.requests.count == 3)
        #expect(third.images[0].manifests != first.images[0].manifests)
      }
    }
  }

  @Test("a plan asks nobody")
  func plan() async throws {
    try await ScriptedServer.with(Site().script) { server in
      try await withSet { set in
        try set.write("FROM scratch\nADD http://\(server.name)/file /f\n", to: "a/Dockerfile")
        _ = try await set.pipeline().0.plan()
        #expect(server.requests.isEmpty)
      }
    }
  }

  @Test("with a checksum nobody is asked again, and another file is refused")
  func checksum() async throws {
    try await ScriptedServer.with(Site().script) { server in
      try await withSet { set in
        let digest = "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
        try set.write("FROM scratch\nADD --checksum=\(digest) http://\(server.name)/file /f\n", to: "a/Dockerfile")
        _ = try await set.pipeline().0.build()
        let (pipeline, events) = set.pipeline()
        _ = try await pipeline.build()
        #expect(server.requests.count == 1)
        #expect(events.outcomes["a/amd64"] == .upToDate)
        let other = "sha256:" + String(repeating: "0", count: 64)
        try set.write("FROM scratch\nADD --checksum=\(other) http://\(server.name)/file /f\n", to: "a/Dockerfile")
        let (refused, refusal) = set.pipeline(architectures: "amd64")
        _ = try? await refused.build()
        guard case .failed(let failure)? = refusal.outcomes["a/amd64"] else {
          Issue.record("\(refusal.outcomes)")
          return
        }
        #expect(failure.what == "http://\(server.name)/file is not the file that --checksum names")
        #expect(failure.line == 2)
      }
    }
  }
}
