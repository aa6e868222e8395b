/// A release payload that cannot be used.
package struct PayloadError: Error, Hashable, CustomStringConvertible {
  /// The image or file.
  package let place: String
  package let what: String
  package let why: String

  package var description: String { "\(what) (\(place)): \(why)" }

  /// No layer of an image has image references.
  package static func absent(from place: String) -> PayloadError {
    PayloadError(
      place: place, what: "this is no release image", why: "no layer holds `\(PayloadReader.path)`")
  }
}
