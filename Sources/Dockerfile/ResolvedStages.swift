import Diagnostics

/// Where a FROM, COPY or mount takes its files from, for one platform.
package enum StageSource: Hashable, Sendable {
  /// The empty tree.
  case scratch
  /// A stage of the same file.
  case stage(Int)
  /// An image by its reference as written, not yet normalised.
  case image(String)
  /// A context that the build was given under this name, see `ContextName.key`.
  case context(String)
}

/// The stages of a file that a target needs, with every FROM, `COPY --from` and `RUN --mount=from=` evaluated.
package struct ResolvedStages: Hashable, Sendable {
  /// One use of another stage or image inside a stage.
  package struct Reference: Hashable, Sendable {
    /// The index into the stage's instructions.
    package let instruction: Int
    /// The index into the mounts of a RUN; nil for COPY.
    package let mount: Int?
    /// What is used.
    package let source: StageSource
    /// The word that names it.
    package let range: SourceRange
  }

  /// One stage, evaluated.
  package struct Stage: Hashable, Sendable {
    /// The index in the graph.
    package let index: Int
    /// What it is built on.
    package let base: StageSource
    /// The value of `FROM --platform` after expansion, not yet normalised, that of the stage it is built on where that
    /// is one of this file; nil for the target's platform.
    package let platform: String?
    /// The uses of other stages and images, in order of appearance.
    package let references: [Reference]

    /// The stages it cannot do without, ascending, each once.
    package var dependencies: [Int] {
      let sources = [base] + references.map(\.source)
      let indexes = sources.compactMap { if case .stage(let index) = $0 { index } else { nil } }
      return Set(indexes).sorted()
    }
  }

  /// An image that the build needs, or a context that stands for one.
  package struct Image: Hashable, Sendable {
    /// The reference as written after expansion; for a context its key.
    package let reference: String
    /// Whether a context that the build was given takes the place of the image.
    package let isContext: Bool
    /// The value of `FROM --platform`; nil for the target's platform.
    package let platform: String?
    /// Where it is named.
    package let range: SourceRange
  }

  /// The needed stages only, in the order of the file, so that every stage comes behind those it depends on.
  package let stages: [Stage]
  /// The index, in the graph, of the stage that becomes the image.
  package let target: Int
  /// The variables of the FROM lines, from which the scopes of the stages start.
  package let global: GlobalScope
  /// Every image that the needed stages name, in order of appearance, repeats included.
  package let images: [Image]

  /// The stage of an index in the graph; nil when the target does not need it.
  package func stage(_ index: Int) -> Stage? { stages.first { $0.index == index } }
}
