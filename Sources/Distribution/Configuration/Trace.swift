/// Where a run tells how it came to its choices: which file said so, which server was asked, what was tried again.
///
/// Lines never hold a credential, a token or the query of a URL.
package struct Trace: Sendable {
  private let write: (@Sendable (String) -> Void)?

  /// Hands each line to `write`, from any task.
  package init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

  private init() { write = nil }

  /// Says nothing, and does not even make the text.
  package static let silent = Trace()

  /// Tells one line.
  func callAsFunction(_ text: @autoclosure () -> String) {
    if let write { write(text()) }
  }
}
