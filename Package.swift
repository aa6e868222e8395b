// swift-tools-version: 6.2
import PackageDescription

/// One setting for every Swift target: Swift 6 mode, explicit existentials, no warning left standing.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nio = ["NIOCore", "NIOPosix", "NIOHTTP1"].map { Target.Dependency.product(name: $0, package: "swift-nio") }
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let tomlKit = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")

/// A Swift target with the project's settings.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of one target, or of the whole program.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
  name: "imgset",
  products: [.executable(name: "imgset", targets: ["imgset"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    // Level 0: nothing of ours below.
    .target(name: "CLinux"),
    .target(name: "CCodecs", linkerSettings: ["isal", "z", "zstd", "lzma", "bz2"].map { .linkedLibrary($0) }),
    module("OCI"),
    module("Diagnostics"),
    module("Scheduling"),
    // Level 1
    module("Dockerfile", ["Diagnostics"]),
    module("Linux", ["CLinux", systemPackage]),
    module("Layers", ["OCI", "Linux", "CCodecs", crypto, systemPackage]),
    module("Progress", ["OCI"]),
    // Level 2
    module("Content", ["OCI", "Linux", crypto, grdb, systemPackage]),
    module("Components", ["Diagnostics", "OCI"]),
    // Level 3
    module("Snapshots", ["OCI", "Linux", "Layers", systemPackage]),
    module(
      "Distribution",
      [
        "OCI", "Scheduling", "Layers", "Content", "Linux", asyncHTTPClient, crypto, nioSSL, subprocess, systemPackage,
        tomlKit,
      ] + nio),
    module("Sources", ["OCI", "Diagnostics", "Components", "Content", "Linux", subprocess, systemPackage]),
    module("Planning", ["OCI", "Diagnostics", "Scheduling", "Components", "Dockerfile", crypto]),
    module("Checks", ["OCI", "Diagnostics", "Dockerfile"]),
    module("Assembly", ["OCI", "Content"]),
    module("ReleasePayload", ["OCI", "Layers"]),
    // Level 4
    module(
      "Execution",
      [
        "OCI", "Diagnostics", "Scheduling", "Linux", "Layers", "Content", "Dockerfile", "Planning", "Assembly",
        "Snapshots",
        crypto, subprocess, systemPackage,
      ]),
    // Level 5
    module(
      "Engine",
      [
        "OCI", "Diagnostics", "Scheduling", "Progress", "Linux", "Layers", "Content", "Components", "Distribution",
        "ReleasePayload", "Sources", "Planning", "Checks", "Dockerfile", "Assembly", "Snapshots", "Execution", crypto,
        systemPackage, tomlKit,
      ]),
    // Level 6 and 7
    module(
      "Commands",
      [
        "OCI", "Diagnostics", "Progress", "Linux", "Content", "Components", "Distribution", "ReleasePayload", "Sources",
        "Execution", "Engine", "Checks", argumentParser, systemPackage,
      ]),
    .executableTarget(name: "imgset", dependencies: ["Commands"], swiftSettings: strict),
    // Tests
    module("TestSupport", ["OCI", "Linux", "Content", subprocess, crypto, systemPackage]),
    tests("OCITests", ["OCI"]),
    tests("SchedulingTests", ["Scheduling"]),
    tests("DockerfileTests", ["Dockerfile", "Diagnostics", "TestSupport"], resources: [.copy("Fixtures")]),
    tests("LinuxTests", ["Linux", systemPackage]),
    tests("LayersTests", ["Layers", "Linux", "OCI", "TestSupport", crypto, systemPackage]),
    tests("ContentTests", ["Content", "Linux", "OCI", systemPackage]),
    tests(
      "ComponentsTests",
      ["Components", "Sources", "Content", "Linux", "OCI", "Diagnostics", "TestSupport", systemPackage]),
    tests(
      "DistributionTests",
      ["Distribution", "Content", "Layers", "Linux", "OCI", "Planning", "TestSupport", crypto, systemPackage],
      resources: [.copy("Fixtures")]),
    tests("PlanningTests", ["Planning", "Components", "Dockerfile", "OCI", "Diagnostics"]),
    tests(
      "ExecutionTests",
      [
        "Execution", "Planning", "Assembly", "Scheduling", "Components", "Diagnostics", "Dockerfile", "Snapshots",
        "Layers", "Content", "Linux", "OCI", "TestSupport", systemPackage,
      ], resources: [.copy("Fixtures")]),
    tests("AssemblyTests", ["Assembly", "Content", "Linux", "OCI", systemPackage]),
    tests(
      "EngineTests",
      [
        "Engine", "Planning", "Components", "Content", "Diagnostics", "Linux", "OCI", "Progress", "TestSupport",
        systemPackage,
      ]),
    tests(
      "ConformanceTests",
      [
        "Engine", "Execution", "Planning", "Assembly", "Scheduling", "Components", "Diagnostics", "Progress",
        "Snapshots", "Layers", "Content", "Linux", "OCI", "TestSupport", "imgset", subprocess, systemPackage,
      ], resources: [.copy("Fixtures")]),
    tests("ProgressTests", ["Progress", "OCI"]),
    tests(
      "ChecksTests", ["Checks", "Dockerfile", "Diagnostics", "OCI"], resources: [.copy("Fixtures")]),
    tests("ReleasePayloadTests", ["ReleasePayload", "Layers", "OCI", "TestSupport"]),
    tests("PackageTests", []),
    tests("IntegrationTests", ["TestSupport", "Content", "Linux", "OCI", "imgset", subprocess, systemPackage]),
  ]
)
