import Diagnostics
import OCI

/// Why a value does not fit its setting.
struct SettingFault: Error {
  let what: String
  let why: String?
  let help: String?

  init(_ what: String, why: String? = nil, help: String? = nil) {
    self.what = what
    self.why = why
    self.help = help
  }
}

/// Finds the value that counts for each setting, and collects what is wrong.
struct SettingReader {
  let flags: [SettingKey: SettingValue]
  let environment: [String: String]
  let file: (name: String, values: [String: SettingValue])?
  var diagnostics: [Diagnostic] = []

  init(
    flags: [SettingKey: SettingValue], environment: [String: String],
    file: (name: String, values: [String: SettingValue])?
  ) {
    self.flags = flags
    self.environment = environment
    self.file = file
  }

  mutating func read<Value>(
    _ key: SettingKey, default fallback: Value, _ parse: (SettingValue) throws -> Value
  ) -> Setting<Value> {
    guard let (value, origin) = given(key) else { return Setting(fallback, from: .builtIn) }
    do { return Setting(try parse(value), from: origin) } catch {
      let fault = error as? SettingFault
      diagnostics.append(
        .error(
          fault?.what ?? "\(error)", at: origin.place, why: fault?.why.map { [$0] } ?? [],
          help: fault?.help.map { [$0] } ?? []))
      return Setting(fallback, from: origin)
    }
  }

  private func given(_ key: SettingKey) -> (SettingValue, SettingOrigin)? {
    if let value = flags[key] { return (value, .flag(key.flagName)) }
    if let name = key.environmentName, let text = environment[name], !text.isEmpty {
      return (.text(text), .environment(name))
    }
    if key == .components, let text = environment[Self.singular], !text.isEmpty {
      return (.text(text), .environment(Self.singular))
    }
    if let file, let value = file.values[key.fileKey] { return (value, .file(file.name, key: key.fileKey)) }
    return nil
  }

  private static let singular = "COMPONENT"

  /// `COMPONENT` is read, since people type it, but they should know which name counts.
  mutating func hintAtSingular() {
    guard let text = environment[Self.singular], !text.isEmpty, flags[.components] == nil else { return }
    let isIgnored = environment["COMPONENTS"].map { !$0.isEmpty } ?? false
    diagnostics.append(
      .warning(
        isIgnored ? "`COMPONENT` is ignored because `COMPONENTS` is set" : "`COMPONENT` is read as `COMPONENTS`",
        at: SettingOrigin.environment(Self.singular).place,
        help: isIgnored ? ["unset COMPONENT"] : ["COMPONENTS=\"\(text)\""]))
  }

  mutating func checkFileKeys() {
    guard let file else { return }
    let known = SettingKey.allCases.map(\.fileKey)
    for key in file.values.keys.sorted() where !known.contains(key) {
      let meant = didYouMean(key, among: known)
      diagnostics.append(
        .error(
          "unknown key `\(key)`" + (meant.map { ", did you mean `\($0)`?" } ?? ""), at: file.name,
          why: ["known keys are " + known.map { "`\($0)`" }.joined(separator: ", ")]))
    }
  }
}

extension SettingReader {
  /// yes, no, true, false, on, off, 1, 0, in any case.
  static func boolean(_ text: String) throws(SettingFault) -> Bool {
    guard let value = truth(text) else {
      throw SettingFault("`\(text)` is neither yes nor no", why: "write yes, no, true, false, 1 or 0")
    }
    return value
  }

  private static func truth(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "yes", "true", "on", "1", "y": true
    case "no", "false", "off", "0", "n": false
    default: nil
    }
  }

  /// `yes` and `auto` leave it to the machine, `no` is one at a time, a number is that many.
  static func jobs(_ text: String) throws(SettingFault) -> SetSettings.Jobs {
    if let number = Int(text) {
      guard (0...1024).contains(number) else {
        throw SettingFault("`\(text)` is not a number of jobs", why: "1 to 1024")
      }
      return .count(max(1, number))
    }
    switch text.lowercased() == "auto" ? true : truth(text) {
    case true: return .automatic
    case false: return .count(1)
    case nil:
      throw SettingFault("`\(text)` is not a number of jobs", why: "write yes (as many as fit), no, or a number")
    }
  }

  /// A registry, or a registry with the beginning of a path; the rest of the name is appended with a slash.
  static func destination(_ text: String) throws(SettingFault) -> String {
    var prefix = Substring(text)
    while prefix.hasSuffix("/") { prefix.removeLast() }
    do throws(ReferenceError) {
      _ = try Reference(parsing: "\(prefix)/x")
    } catch {
      throw SettingFault(
        "`\(text)` cannot be the prefix of an image name", why: error.why,
        help: "write a registry and a path such as `quay.io/microshift`, without scheme and tag")
    }
    return String(prefix)
  }

  static func platforms(_ value: SettingValue) throws(SettingFault) -> [Platform] {
    var platforms: [Platform] = []
    for word in value.words {
      let platform = try platform(word)
      if !platforms.contains(platform) { platforms.append(platform) }
    }
    guard !platforms.isEmpty else { throw SettingFault("no architecture given") }
    return platforms
  }

  static func platform(_ word: String) throws(SettingFault) -> Platform {
    let platform = Platform(parsing: word)
    guard let platform, Architecture.canonicalNames.contains(platform.architecture) else {
      let typed = word.hasPrefix("linux/") ? String(word.dropFirst("linux/".count)) : word
      throw SettingFault(
        "unknown architecture `\(word)`",
        why: "known are " + Architecture.canonicalNames.sorted().joined(separator: ", ") + " and their aliases",
        help: didYouMean(typed, among: Architecture.allNames).map { "did you mean `\($0)`?" })
    }
    guard platform.os == "linux" else {
      throw SettingFault("`\(word)` is not a Linux platform", why: "images are built for Linux only")
    }
    return platform
  }
}
