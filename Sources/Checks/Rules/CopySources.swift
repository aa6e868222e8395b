import Diagnostics
import Dockerfile

extension Rule {
  /// <https://docs.docker.com/reference/build-checks/copy-ignored-file/>
  static let copyIgnoredFile = Rule("CopyIgnoredFile", "what COPY and ADD name is not left out by the ignore file") {
    recipe, findings in
    for source in recipe.sources {
      let ignored = source.sightings.compactMap { sighting -> String? in
        if case .ignored(let path) = sighting.outcome { path } else { nil }
      }
      guard let path = ignored.first else { continue }
      findings.fail(
        "`\(path)` is left out of the build context by the ignore file", at: source.word.range,
        why: ["it is there, but the build does not see it"],
        help: ["add `!\(path)` to the ignore file, or remove what leaves it out"])
    }
  }

  /// A source that is nowhere, for whatever platform.
  static let copySourceNotFound = Rule("CopySourceNotFound", "what COPY and ADD name is in the build context") {
    recipe, findings in
    for source in recipe.sources {
      let sightings = source.sightings.filter { !recipe.isProduced($0.path) }
      if let malformed = sightings.first(where: { $0.outcome == .malformed }) {
        findings.fail(
          "`\(malformed.path)` is not a pattern", at: source.word.range,
          help: ["write \\ before a character that is meant as it is, and close every ["])
        continue
      }
      guard !source.dependsOnPlatform, let sighting = sightings.first, case .absent(let near) = sighting.outcome else {
        continue
      }
      let what = "`\(sighting.path)` is not in the build context" + (near.map { ", did you mean `\($0)`?" } ?? "")
      if recipe.surroundings.hasBuildScript {
        findings.warn(
          what, at: source.word.range, why: ["`build_binaries` may make it, but it is expected to write to bin/ only"])
      } else {
        findings.fail(
          what, at: source.word.range, why: ["the context is the component's directory, and paths start there"])
      }
    }
  }

  /// A source whose name has the platform in it, for platforms whose file nobody makes.
  static let binaryMissingForPlatform = Rule(
    "BinaryMissingForPlatform", "COPY bin/x-$TARGETARCH finds a file for every platform that is built"
  ) { recipe, findings in
    for source in recipe.sources where source.dependsOnPlatform {
      let missing = source.sightings.filter { sighting in
        guard case .absent = sighting.outcome else { return false }
        return !recipe.isProduced(sighting.path)
      }
      guard !missing.isEmpty else { continue }
      let platforms = missing.map(\.platform.shortName).joined(separator: ", ")
      let paths = missing.map { "`\($0.path)`" }.joined(separator: ", ")
      let what = "no file for \(platforms)"
      if recipe.surroundings.hasBuildScript {
        findings.warn(what, at: source.word.range, why: ["\(paths): not there, unless `build_binaries` makes it"])
      } else {
        findings.fail(
          what, at: source.word.range,
          why: ["\(paths): not there, and there is no `build_binaries` that could make it"],
          help: ["add the file, write `build_binaries`, or leave the architecture out with `--arch`"])
      }
    }
  }
}

extension CheckedRecipe {
  /// Whether a path lies where something is put before the file is built, so that nobody can know it now.
  fileprivate func isProduced(_ path: String) -> Bool {
    guard let first = ContextSearch.parts(path).first else { return true }
    return surroundings.produced.contains(String(decoding: first, as: UTF8.self))
  }
}
