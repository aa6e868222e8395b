import OCI

/// What can be said of images without a network.
package protocol KnownImages: Sendable {
  /// Why an image is not to be had for a platform; nil when it is, or when nobody knows.
  func lack(of reference: Reference, for platform: Platform) -> ImageLack?

  /// The names of the variables that an image sets; nil when that is not known.
  ///
  /// - Parameter name: the reference as a Dockerfile has it.
  func variables(of name: String, for platform: Platform) -> Set<String>?
}

/// Why an image cannot be had.
package struct ImageLack: Hashable, Sendable {
  /// Reasons and facts, one line each.
  package let why: [String]
  /// What to do.
  package let help: [String]

  /// Pairs reasons with advice.
  package init(why: [String], help: [String]) {
    self.why = why
    self.help = help
  }
}
