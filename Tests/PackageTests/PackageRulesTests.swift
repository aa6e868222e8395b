import Testing

@Suite("Targets and their arrows") struct PackageRulesTests {
  private static func target(_ name: String, _ dependencies: [String], isTest: Bool = false)
    -> PackageDescription.Target
  {
    PackageDescription.Target(
      name: name, type: isTest ? "test" : "regular", dependencies: dependencies.map { .init(name: $0) })
  }

  @Test func thePackageKeepsTheRules() throws {
    let targets = try PackageDescription.load().targets
    #expect(targets.contains { $0.name == "OCI" })
    let rules = PackageRules(levels: PackageRules.levels, targets: targets)
    #expect(rules.levelViolations == [])
    for target in targets {
      let imports = try ModuleImports.scan(target, root: PackageDescription.root)
      #expect(rules.undeclared(imports, of: target) == [])
      if !target.isTest, target.name != "TestSupport" { #expect(rules.misplaced(imports, in: target) == []) }
    }
  }

  @Test func arrowsThatDoNotPointDownAreFound() {
    let rules = PackageRules(
      levels: ["low": 0, "same": 0, "high": 1],
      targets: [
        Self.target("low", ["high"]), Self.target("same", ["low"]), Self.target("high", ["low", "lost"]),
        Self.target("lost", []), Self.target("tests", ["high", "lost"], isTest: true),
      ])
    #expect(
      rules.levelViolations == [
        "low (level 0) imports high (level 1)", "same (level 0) imports low (level 0)",
        "lost, which high imports, has no level", "lost has no level",
      ])
  }

  @Test func undeclaredImportsAreFound() {
    let target = Self.target("a", ["b"])
    let rules = PackageRules(levels: [:], targets: [target, Self.target("b", []), Self.target("c", [])])
    let imports = ["a", "b", "c", "Glibc"].map { ModuleImports.Import(module: $0, file: "Sources/a/x.swift") }
    #expect(
      rules.undeclared(imports, of: target) == [
        "Sources/a/x.swift imports c, which Package.swift does not declare for a"
      ])
  }

  @Test(arguments: [
    ("OCI", "Glibc", false), ("Linux", "Glibc", true), ("Linux", "Foundation", false),
    ("OCI", "FoundationEssentials", true),
    ("Distribution", "NIOCore", true), ("Content", "NIOCore", false), ("Content", "AsyncHTTPClient", false),
    ("Planning", "Crypto", true),
  ])
  func heavyImportsHaveTheirPlace(target: String, module: String, isAllowed: Bool) {
    let rules = PackageRules(levels: [:], targets: [])
    let found = rules.misplaced([.init(module: module, file: "x.swift")], in: Self.target(target, []))
    #expect(found.isEmpty == isAllowed)
  }

  @Test func importsOfEveryFormAreRead() {
    let text = """
      // import Comment
      import A
      @testable import B
      @preconcurrency package import C
      import struct D.Inner
        import E.Sub
      let text = "import F"
      """
    #expect(ModuleImports.parse(text) == ["A", "B", "C", "D", "E"])
  }

  @Test func dependenciesOfEveryFormAreRead() throws {
    let target = try PackageDescription.decode(
      #"{"name": "x", "type": "regular", "dependencies": [{"byName": ["A", null]}, {"target": ["B", {"platformNames": []}]}, {"product": ["P", "q", null, null]}]}"#
    )
    #expect(target.targetNames == ["A", "B"])
  }
}
