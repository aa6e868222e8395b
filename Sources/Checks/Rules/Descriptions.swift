import Diagnostics
import Dockerfile

extension Rule {
  /// <https://docs.docker.com/reference/build-checks/invalid-definition-description/>
  static let invalidDefinitionDescription = Rule(
    "InvalidDefinitionDescription", "a comment right above FROM or ARG describes the stage or argument by name",
    isExperimental: true
  ) { recipe, findings in
    for syntax in recipe.tree.instructions where [.from, .arg].contains(syntax.keyword) {
      let names = syntax.definedNames
      let comments = recipe.tree.descriptions(above: syntax)
      guard !names.isEmpty, let last = comments.last else { continue }
      let isDescription = comments.contains { comment in names.contains { comment.text.hasPrefix("\($0) ") } }
      guard !isDescription else { continue }
      let shown = names.count == 1 ? names[0] : "NAME"
      findings.warn(
        "the comment above \(syntax.keyword.rawValue) is no description of `\(names.joined(separator: "`, `"))`",
        at: syntax.range, why: ["line \(last.line) does not start with a name"],
        help: ["write `# \(shown) description`, or put a blank line below the comment"])
    }
  }
}

extension InstructionSyntax {
  /// The stage or arguments that FROM or ARG gives a name.
  fileprivate var definedNames: [String] {
    guard case .words(let words) = arguments else { return [] }
    if keyword == .from { return words.count == 3 ? [words[2].text] : [] }
    return words.map { String($0.text.prefix { $0 != "=" }) }
  }
}

extension SyntaxTree {
  /// The comments right above an instruction that a reader takes for its description; directives are none.
  fileprivate func descriptions(above instruction: InstructionSyntax) -> [(text: String, line: Int)] {
    var result: [(text: String, line: Int)] = []
    for comment in comments(above: instruction) {
      let text = comment.text.drop { $0 == "#" || $0 == " " || $0 == "\t" }
      let key = text.prefix { $0.isLetter }.lowercased()
      let isDirective =
        ["check", "syntax", "escape"].contains(key) && text.dropFirst(key.count).drop { $0 == " " }.first == "="
      if text.allSatisfy(\.isWhitespace) {
        result = []
      } else if !isDirective {
        result.append((String(text), comment.start.line))
      }
    }
    return result
  }
}
