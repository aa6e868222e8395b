import Foundation

/// A Dockerfile that must not get through: `attacks/attacks.json`.
struct Attack: SuiteCase, Decodable {
  private struct Attacks: Decodable { let dockerfile_attacks: [Attack] }

  let id: String
  let dockerfile: String
  let context: [ContextStep]
  /// `ok`, `error` or `any`.
  let expect: String
  /// Names of rules with `+` between.
  let rule: String
  let env: [String: String]?

  var name: String { id }
  var rules: Set<String> { Set(rule.split(separator: "+").map(String.init)) }

  static func all() throws -> [Attack] {
    try ConformanceData.decode(Attacks.self, "attacks/attacks.json").dockerfile_attacks
  }
}
