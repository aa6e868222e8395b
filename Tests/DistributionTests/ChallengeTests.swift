import Testing

@testable import Distribution

@Suite("authentication challenges")
struct ChallengeTests {
  @Test(
    "fields are parsed",
    arguments: [
      (
        #"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
        [
          Challenge(
            scheme: "bearer",
            parameters: [
              "realm": "https://auth.docker.io/token", "service": "registry.docker.io",
              "scope": "repository:a/b:pull,push",
            ])
        ]
      ),
      (#"Basic realm="a \"b\" c""#, [Challenge(scheme: "basic", parameters: ["realm": #"a "b" c"#])]),
      ("BASIC Realm=x", [Challenge(scheme: "basic", parameters: ["realm": "x"])]),
      (
        #"Basic realm="a", Bearer realm="b" , service = "c""#,
        [
          Challenge(scheme: "basic", parameters: ["realm": "a"]),
          Challenge(scheme: "bearer", parameters: ["realm": "b", "service": "c"]),
        ]
      ),
      ("Negotiate", [Challenge(scheme: "negotiate", parameters: [:])]),
      ("", []), (",,", []), ("=", []),
      (#"Bearer realm="unterminated"#, [Challenge(scheme: "bearer", parameters: [:])]),
    ])
  func parse(field: String, expected: [Challenge]) { #expect(Challenge.parse([field]) == expected) }

  @Test("a field without bound is not looked at")
  func bound() { #expect(Challenge.parse(["Basic realm=" + String(repeating: "x", count: 20_000)]).isEmpty) }

  @Test(
    "tokens are asked for by https, or at the host of a plain registry",
    arguments: [
      ("https://auth.example/token", "https://r.example", true), ("http://auth.example/t", "https://r.example", false),
      ("http://r.example/token", "https://r.example", false), ("http://r.example:81/t", "http://r.example", true),
      ("http://169.254.169.254/latest", "http://r.example", false),
      ("https://auth.example/t", "http://r.example", true),
    ])
  func realm(realm: String, registry: String, allowed: Bool) throws {
    let (realm, registry) = (try #require(RegistryURL(realm)), try #require(RegistryURL(registry)))
    #expect(Authenticator.mayAsk(realm.origin, on: registry.origin) == allowed)
  }
}
