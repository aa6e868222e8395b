import Dockerfile

/// How the letters of a keyword are written.
private enum Casing {
  case upper, lower, mixed

  init(_ text: String) {
    let letters = text.utf8.filter { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
    let lower = letters.count { $0 & 0x20 != 0 }
    self = lower == 0 ? .upper : lower == letters.count ? .lower : .mixed
  }
}

extension Rule {
  /// <https://docs.docker.com/reference/build-checks/stage-name-casing/>
  static let stageNameCasing = Rule("StageNameCasing", "stage names are in lower case") { recipe, findings in
    for stage in recipe.graph.stages {
      guard let word = stage.from.name, word.text != stage.name else { continue }
      findings.warn(
        "stage name `\(word.text)` is not in lower case", at: word.range,
        why: ["stages are found by their name in any case, so two spellings look like two stages"],
        help: ["AS \(stage.name ?? "")"])
    }
  }

  /// <https://docs.docker.com/reference/build-checks/from-as-casing/>
  static let fromAsCasing = Rule("FromAsCasing", "FROM and AS are written in the same case") { recipe, findings in
    for syntax in recipe.tree.instructions where syntax.keyword == .from {
      guard case .words(let words) = syntax.arguments, words.count == 3 else { continue }
      let from = Casing(syntax.keywordWord.text)
      // A keyword in mixed case is what ConsistentInstructionCasing reports.
      guard from != .mixed, Casing(words[1].text) != from else { continue }
      findings.warn(
        "`\(words[1].text)` and `\(syntax.keywordWord.text)` differ in case", at: words[1].range,
        help: ["write \(from == .upper ? "AS" : "as")"])
    }
  }

  /// <https://docs.docker.com/reference/build-checks/consistent-instruction-casing/>
  static let consistentInstructionCasing = Rule(
    "ConsistentInstructionCasing", "all keywords are in upper case, or all in lower case"
  ) { recipe, findings in
    let casings = recipe.tree.instructions.map { Casing($0.keywordWord.text) }
    let isLower = casings.count { $0 == .lower } > casings.count { $0 == .upper }
    for (syntax, casing) in zip(recipe.tree.instructions, casings) where casing != (isLower ? .lower : .upper) {
      let word = syntax.keywordWord
      findings.warn(
        "`\(word.text)` is not in \(isLower ? "lower" : "upper") case as most keywords of the file", at: word.range,
        help: ["write \(isLower ? syntax.keyword.rawValue.lowercased() : syntax.keyword.rawValue)"])
    }
  }
}
