/// The rules for arrows between targets: only downwards, only as declared, and heavy imports only where they belong.
struct PackageRules {
  /// Level of each target; a target imports targets of lower levels only.
  ///
  /// `TestSupport` is above everything, so that only tests can use it.
  static let levels: [String: Int] = [
    "CLinux": 0, "CCodecs": 0, "OCI": 0, "Diagnostics": 0, "Scheduling": 0,
    "Dockerfile": 1, "Linux": 1, "Progress": 1,
    "Layers": 2, "Content": 2, "Components": 2,
    "Snapshots": 3, "Distribution": 3, "Sources": 3, "Planning": 3, "Checks": 3, "Assembly": 3, "ReleasePayload": 3,
    "Attestation": 3,
    "Execution": 4,
    "Engine": 5,
    "Commands": 6,
    "imgset": 7,
    "TestSupport": 8,
  ]

  /// Targets without system calls and heavy libraries, which build and test in seconds.
  static let pure: Set<String> = [
    "OCI", "Dockerfile", "Planning", "Scheduling", "Diagnostics", "Progress", "Components",
    "Checks",
  ]

  /// What pure targets must not import.
  static let impure: Set<String> = [
    "Glibc", "SystemPackage", "CLinux", "Linux", "Subprocess", "AsyncHTTPClient", "GRDB", "Content", "CCodecs",
  ]

  let levels: [String: Int]
  let targets: [PackageDescription.Target]

  /// Declared arrows that do not point down, and targets that nobody gave a level.
  var levelViolations: [String] {
    targets.filter { !$0.isTest }.flatMap { target -> [String] in
      guard let level = levels[target.name] else { return ["\(target.name) has no level"] }
      return target.targetNames.compactMap { name in
        guard let other = levels[name] else { return "\(name), which \(target.name) imports, has no level" }
        return other < level ? nil : "\(target.name) (level \(level)) imports \(name) (level \(other))"
      }
    }
  }

  /// Imports of this package's modules that the manifest does not declare for the target.
  func undeclared(_ imports: [ModuleImports.Import], of target: PackageDescription.Target) -> [String] {
    let own = Set(targets.map(\.name))
    let declared = Set(target.targetNames)
    return imports.compactMap { found in
      guard own.contains(found.module), found.module != target.name, !declared.contains(found.module) else {
        return nil
      }
      return "\(found.file) imports \(found.module), which Package.swift does not declare for \(target.name)"
    }
  }

  /// Imports that weigh too much for where they are.
  func misplaced(_ imports: [ModuleImports.Import], in target: PackageDescription.Target) -> [String] {
    imports.compactMap { found in
      let isNIO = found.module.hasPrefix("NIO") || found.module == "AsyncHTTPClient"
      if found.module == "Foundation" { return "\(found.file) imports all of Foundation" }
      if isNIO, target.name != "Distribution" { return "\(found.file) imports \(found.module)" }
      if Self.pure.contains(target.name), isNIO || Self.impure.contains(found.module) {
        return "\(found.file) imports \(found.module), but \(target.name) is pure"
      }
      return nil
    }
  }
}
