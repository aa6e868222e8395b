import Dockerfile
import OCI

extension Rule {
  /// <https://docs.docker.com/reference/build-checks/reserved-stage-name/>
  static let reservedStageName = Rule("ReservedStageName", "no stage is called scratch or context") {
    recipe, findings in
    for stage in recipe.graph.stages {
      guard let name = stage.name, let word = stage.from.name, ["scratch", "context"].contains(name) else { continue }
      findings.warn(
        "stage name `\(word.text)` is reserved", at: word.range,
        why: [name == "scratch" ? "`scratch` means the empty image" : "`context` means the build context"],
        help: ["choose another name"])
    }
  }

  /// <https://docs.docker.com/reference/build-checks/redundant-target-platform/>
  static let redundantTargetPlatform = Rule(
    "RedundantTargetPlatform", "FROM does not name the platform that it has anyway"
  ) { recipe, findings in
    for stage in recipe.graph.stages {
      guard let word = stage.from.platform, ["$TARGETPLATFORM", "${TARGETPLATFORM}"].contains(word.text) else {
        continue
      }
      findings.warn(
        "`--platform=\(word.text)` says what FROM does by default", at: word.range,
        help: ["leave out --platform"])
    }
  }

  /// <https://docs.docker.com/reference/build-checks/from-platform-flag-const-disallowed/>
  static let fromPlatformFlagConstDisallowed = Rule(
    "FromPlatformFlagConstDisallowed", "FROM does not name a fixed platform"
  ) { recipe, findings in
    for stage in recipe.graph.stages {
      guard let word = stage.from.platform, !word.mayHoldVariable else { continue }
      // A name that says so tells that the stage is for one platform on purpose.
      if let name = stage.name, let platform = Platform(parsing: word.text), platform.isNamed(in: name) { continue }
      findings.warn(
        "`--platform=\(word.text)` is the same for every platform that is built", at: word.range,
        why: ["on every other platform the stage is emulated, or its files are of another architecture"],
        help: [
          "leave it out, write $BUILDPLATFORM for a stage that only makes files, or put the architecture into the"
            + " stage's name"
        ])
    }
  }

  /// <https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/>
  static let multipleInstructionsDisallowed = Rule(
    "MultipleInstructionsDisallowed", "a stage has CMD, ENTRYPOINT and HEALTHCHECK at most once"
  ) { recipe, findings in
    for stage in recipe.graph.stages {
      var last: [Keyword: Instruction] = [:]
      for instruction in stage.instructions.reversed() {
        guard [.cmd, .entrypoint, .healthcheck].contains(instruction.keyword) else { continue }
        guard let other = last[instruction.keyword] else {
          last[instruction.keyword] = instruction
          continue
        }
        let keyword = instruction.keyword.rawValue
        findings.warn(
          "this \(keyword) has no effect", at: instruction.range,
          why: ["the stage has another in line \(other.range.start.line), and the last one counts"],
          help: ["remove it"])
      }
    }
  }

  /// <https://docs.docker.com/reference/build-checks/workdir-relative-path/>
  static let workdirRelativePath = Rule(
    "WorkdirRelativePath", "a relative WORKDIR follows an absolute one"
  ) { recipe, findings in
    var isSet: [Bool] = []
    for stage in recipe.graph.stages {
      var known = false
      if case .stage(let parent)? = recipe.bases[stage.index] { known = isSet[parent] }
      for instruction in stage.instructions {
        guard case .workdir(let word) = instruction.kind else { continue }
        let isRelative = !word.text.hasPrefix("/") && !word.mayHoldVariable
        if isRelative, !known {
          findings.warn(
            "relative working directory `\(word.text)` without an absolute one before it", at: word.range,
            why: ["where it lies depends on the base image"], help: ["WORKDIR /\(word.text)"])
        }
        if !isRelative { known = true }
      }
      isSet.append(known)
    }
  }
}

extension Platform {
  /// Whether a name has the operating system or the architecture, by any of its names, as a part of its own.
  func isNamed(in name: String) -> Bool {
    if name.split(whereSeparator: { "-_.".contains($0) }).contains(Substring(os)) { return true }
    return ArchitectureMention.all(in: name.utf8).contains { $0.platform.architecture == architecture }
  }
}
