import Components
import Diagnostics
import TOMLKit

/// The optional `imgset.toml` of a set: settings by the names of their flags.
package enum SetFile {
  /// The file's name in the set's directory.
  package static let name = "imgset.toml"

  /// Reads the values; which keys exist and what they may hold is checked where settings are merged.
  ///
  /// - Throws: one diagnostic at the line that is no TOML, or for a value of a type that no setting has.
  package static func values(of file: SourceFile) throws(DiagnosticsError) -> [String: SettingValue] {
    let table: TOMLTable
    do {
      table = try TOMLTable(string: String(decoding: file.bytes, as: UTF8.self))
    } catch let error as TOMLParseError {
      let line = min(max(1, Int(error.source.begin.line)), file.lineStarts.count)
      let start = file.lineStarts[line - 1]
      throw DiagnosticsError(.error("the file is not TOML", at: file.range(start..<start), why: [error.description]))
    } catch {
      throw DiagnosticsError(.error("the file is not TOML", at: file.name, why: ["\(error)"]))
    }
    var values: [String: SettingValue] = [:]
    for (key, value) in table {
      guard let setting = setting(value) else {
        throw DiagnosticsError(
          .error(
            "`\(key)` has a value of a type that no setting has", at: file.name,
            why: ["expected a text, a number, true, false, or a list of texts"],
            help: [#"for example `arch = ["amd64", "arm64"]`"#]))
      }
      values[key] = setting
    }
    return values
  }

  private static func setting(_ value: any TOMLValueConvertible) -> SettingValue? {
    if let text = value.string { return .text(text) }
    if let flag = value.bool { return .flag(flag) }
    if let number = value.int { return .number(number) }
    guard let array = value.array else { return nil }
    let words = array.compactMap { $0.string }
    return words.count == array.count ? .list(words) : nil
  }
}
