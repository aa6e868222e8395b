import Diagnostics
import OCI

/// A file of a component that says how to make its image: take an existing one, or build one.
package struct Recipe: Hashable, Sendable {
  /// The two ways to get an image.
  package enum Kind: Hashable, Sendable {
    case imageSource
    case dockerfile
  }

  package let kind: Kind
  /// The platform the file is for; nil when it is for every platform without a file of its own.
  package let platform: Platform?
  /// Name within the component's directory, such as `Dockerfile.riscv64`.
  package let fileName: String
  /// The content, named as the user knows the file.
  package let source: SourceFile
  /// The ignore file that goes with a Dockerfile, nil when there is none.
  package let ignoreFile: SourceFile?

  package init(
    kind: Kind, platform: Platform?, fileName: String, source: SourceFile, ignoreFile: SourceFile? = nil
  ) {
    self.kind = kind
    self.platform = platform
    self.fileName = fileName
    self.source = source
    self.ignoreFile = ignoreFile
  }

  /// Whether the file is meant for `platform` by name: the same variant, or no variant where none is implied.
  package func isSpecific(to wanted: Platform) -> Bool {
    platform?.covers(wanted.normalised) ?? false
  }
}

/// What the name of a file in a component's directory says about it.
enum RecipeName: Equatable {
  case recipe(Recipe.Kind, Platform?)
  /// Looks like a recipe, but what follows the dot is no architecture.
  case unknownSuffix(String)
  /// A recipe's name but for the case of its letters; carries the right spelling.
  case wrongCase(String)
  /// Some other file.
  case none

  private static let stems: [(String, Recipe.Kind)] = [
    ("ImageSource", .imageSource), ("Dockerfile", .dockerfile), ("Containerfile", .dockerfile),
  ]

  init(_ name: String) {
    let dot = name.utf8.firstIndex(of: UInt8(ascii: ".")) ?? name.endIndex
    let stem = name[..<dot]
    guard let (spelling, kind) = Self.stems.first(where: { $0.0.lowercased() == stem.lowercased() }) else {
      self = .none
      return
    }
    let suffix = dot == name.endIndex ? nil : String(name[name.utf8.index(after: dot)...])
    if suffix?.hasSuffix("dockerignore") == true || suffix?.hasSuffix("containerignore") == true {
      self = .none
    } else if let suffix, !Architecture.isKnown(suffix.lowercased()) {
      self = stem == spelling ? .unknownSuffix(suffix) : .none
    } else if stem != spelling || suffix != suffix?.lowercased() {
      self = .wrongCase(spelling + (suffix.map { "." + $0.lowercased() } ?? ""))
    } else {
      self = .recipe(kind, suffix.map { Platform(architecture: $0).normalised })
    }
  }
}
