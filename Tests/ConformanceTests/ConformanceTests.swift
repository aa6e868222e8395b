import Linux
import Testing

/// Whole builds that other builders are checked with; see `Fixtures/README.md`.
@Suite("conformance", .serialized, .enabled(if: Machine.effectiveUser == 0, "needs root"))
struct ConformanceTests {
  @Test("builds that Buildah compares with Docker", .timeLimit(.minutes(20)))
  func buildah() async throws {
    let cases = try BuildahCase.all()
    #expect(!cases.isEmpty)
    await SuiteRun(
      name: "buildah", known: KnownDifferences.buildah, corrections: KnownDifferences.buildahCorrections
    ).run(cases) { try await $0.differences() }
  }

  @Test("builds that BuildKit checks itself with", .timeLimit(.minutes(20)))
  func buildKit() async throws {
    let cases = try BuildKitCase.all()
    #expect(!cases.isEmpty)
    await SuiteRun(name: "buildkit", known: KnownDifferences.buildKit).run(cases) { try await $0.differences() }
  }

  @Test("Dockerfiles of Buildah's tests are built, or refused in words", .timeLimit(.minutes(20)))
  func dockerfiles() async throws {
    let cases = try BudDockerfile.all()
    #expect(!cases.isEmpty)
    await SuiteRun(name: "bud", known: KnownDifferences.bud).run(cases, limit: .seconds(20)) {
      try await $0.differences()
    }
  }

  @Test("builds of Buildah's tests end as for Buildah", .timeLimit(.minutes(20)))
  func commands() async throws {
    let (cases, others) = try BudTest.all()
    #expect(!cases.isEmpty)
    await SuiteRun(name: "bud commands", known: KnownDifferences.budCommands).run(cases) { try await $0.differences() }
    print("bud commands: \(others) tests use what imgset has no counterpart for")
  }

  @Test("Dockerfiles that attack the machine", .timeLimit(.minutes(20)))
  func attacks() async throws {
    let cases = try Attack.all()
    #expect(!cases.isEmpty)
    await SuiteRun(name: "attacks", known: KnownDifferences.attacks).run(cases) { try await $0.differences() }
  }
}
