import Components
import Diagnostics
import Dockerfile
import OCI

/// Which cell of the matrix: a component and a platform.
package struct CellID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let component: ComponentName
  package let platform: Platform

  package init(component: ComponentName, platform: Platform) {
    self.component = component
    self.platform = platform
  }

  /// `cli/arm64`.
  package var description: String { "\(component)/\(platform.shortName)" }

  package static func < (left: CellID, right: CellID) -> Bool {
    (left.component, left.platform) < (right.component, right.platform)
  }
}

/// Where an image that a recipe names comes from.
package enum ImageOrigin: Hashable, Sendable {
  /// Another cell of the plan.
  case cell(CellID)
  /// A registry, or the store when it is there already.
  case registry(Reference, Platform)
  /// A directory of this machine that somebody else filled.
  case layout(ImageLayout, Platform)
}

/// One image to be made: how, why so, and what it needs first.
package struct Cell: Sendable {
  package let id: CellID
  /// Name of the deciding file: `Dockerfile.riscv64`.
  package let recipeName: String
  package let work: Work
  /// Why this recipe, in one phrase.
  package let reason: String
  /// Recipes that lost against it.
  package let hidden: [String]
  /// Cells whose results it uses, sorted.
  package let dependencies: [CellID]
  /// Whether somebody asked for it; otherwise a selected cell needs it.
  package let isSelected: Bool

  /// What is to be done.
  package enum Work: Sendable {
    /// Take an existing image unmodified.
    case take(ImageOrigin)
    case build(BuildRecipe)
  }
}

/// A Dockerfile with everything evaluated that does not need a base image.
package struct BuildRecipe: Sendable {
  package let graph: StageGraph
  package let stages: ResolvedStages
  /// What the ignore file says; nil when there is none.
  package let ignoreFile: SourceFile?
  /// Where each image named by the stages comes from, by the text that names it and the platform wanted.
  package let images: [ImageUse: ImageOrigin]
  /// For images that show only when a base image is at hand, which may carry triggers.
  package let origins: ImageOrigins
  /// Patterns of files in the image that may be for another architecture.
  package let foreignFiles: [String]

  /// The cells whose results it can use.
  package var cells: Set<CellID> {
    Set(images.values.compactMap { if case .cell(let id) = $0 { id } else { nil } })
  }

  /// An image as a stage names it.
  package struct ImageUse: Hashable, Sendable {
    package let name: String
    package let platform: Platform

    package init(name: String, platform: Platform) {
      self.name = name
      self.platform = platform
    }
  }
}
