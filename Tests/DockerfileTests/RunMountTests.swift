import Diagnostics
import Dockerfile
import Testing

@Suite("mounts of RUN")
struct RunMountTests {
  func mount(_ value: String, _ variables: [String: String] = [:]) throws -> RunMount {
    guard case .run(let run) = try instruction("RUN --mount=\(value) x") else { throw Missing() }
    return try run.mounts[0].mount(expanding: WordExpander()) { variables[$0] }
  }

  @Test("bind is the default and read-only")
  func bind() throws {
    let found = try mount("from=a,src=/s,dst=/t")
    #expect(found.kind == .bind && found.isReadOnly)
    #expect([found.from, found.source, found.target] == ["a", "/s", "/t"])
    #expect(try !mount("target=/t,rw").isReadOnly)
    #expect(try !mount("target=/t,readonly=false").isReadOnly)
    #expect(try mount("target=/t,rw=false").isReadOnly)
    #expect(try mount("target=/t,Z,relabel=shared,bind-propagation=shared").isReadOnly)
  }

  @Test("cache, tmpfs, secret, ssh")
  func kinds() throws {
    let cache = try mount("type=cache,id=c,target=/c,sharing=locked,mode=0750,uid=1,gid=2")
    #expect(cache.kind == .cache && cache.sharing == .locked && !cache.isReadOnly)
    #expect([cache.mode, cache.uid, cache.gid] == [0o750, 1, 2])
    #expect(try mount("type=tmpfs,target=/t,size=64m").size == 64 << 20)
    let secret = try mount("type=secret,id=s,required,env=TOKEN")
    #expect(secret.isRequired && secret.environment == "TOKEN" && secret.target == nil)
    #expect(try mount("type=ssh").kind == .ssh)
  }

  @Test("quoted fields and variables")
  func fields() throws {
    #expect(try mount("'type=bind,\"source=a,b\",target=/t'").source == "a,b")
    let found = try mount("type=$T,target=/$P", ["T": "cache", "P": "p"])
    #expect(found.kind == .cache && found.target == "/p")
    #expect(throws: DiagnosticsError.self) { try mount("type=$T,target=/p", ["T": "foo"]) }
    #expect(throws: DiagnosticsError.self) { try mount("type=cache,target=$P") }
  }

  @Test(
    "refused values",
    arguments: [
      "type=foo,target=/x", "type=bind", "type=cache,target=/x,sharing=all", "type=tmpfs,target=/x,from=y",
      "target=/x,dst=/y", "type=cache,target=/x,mode=9", "type=cache,target=/x,uid=4294967296", "type=secret",
      "target=", "from=$x,target=/y", "bogus=1", "", "type=tmpfs,target=/x,size=big", "type=bind,target=/x,rw=maybe",
      "type=tmpfs,target=/x,size=99999999999999g",
    ])
  func refused(value: String) {
    #expect(refusals("FROM scratch\nRUN --mount=\(value) x").count == 1)
  }
}
