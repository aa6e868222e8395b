import Dockerfile

extension Rule {
  /// <https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/>
  static let secretsUsedInArgOrEnv = Rule(
    "SecretsUsedInArgOrEnv", "ARG and ENV hold no passwords, keys and tokens"
  ) { recipe, findings in
    for (_, instruction) in recipe.graph.instructions {
      let names: [Word]
      switch instruction.kind {
      case .arg(let arg): names = arg.arguments.map(\.name)
      case .env(let env): names = env.pairs.map(\.name)
      default: continue
      }
      for name in names where SecretName.isLikely(name.text) {
        findings.warn(
          "`\(name.text)` looks like a secret in \(instruction.keyword.rawValue)", at: name.range,
          why: ["values of ARG and ENV are kept in the image's history and configuration, where anybody can read them"],
          help: ["RUN --mount=type=secret,id=… makes it visible to one command only"])
      }
    }
  }
}

/// Which names of variables sound like secrets.
enum SecretName {
  private static let words: Set<Substring> = [
    "apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token",
  ]

  /// Whether the first or the last word of the name means a secret, and no other says that it is public, a file's name or
  /// a version.
  static func isLikely(_ name: String) -> Bool {
    let parts = name.lowercased().split(separator: "_")
    guard let first = parts.first, let last = parts.last, words.contains(first) || words.contains(last) else {
      return false
    }
    return !parts.contains("public") && last != "file" && last != "version"
  }
}
