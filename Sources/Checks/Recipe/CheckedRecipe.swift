import Diagnostics
import Dockerfile
import OCI

/// A Dockerfile with everything that the rules may know about it: its text, its stages, the platforms it is built for,
/// and what lies around it.
package struct CheckedRecipe: Sendable {
  /// The file cut into instructions.
  package let tree: SyntaxTree
  /// Its stages, without what could not be read.
  package let graph: StageGraph
  /// What reading it brought to light.
  package let diagnostics: [Diagnostic]
  /// Which rules the file wants.
  package let switches: CheckSwitches
  /// What it comes to for each platform; empty for a file that no platform of the run uses.
  package let builds: [RecipeBuild]
  let surroundings: RecipeSurroundings
  /// What each stage is built on, for the first platform; nil where that cannot be evaluated.
  package let bases: [StageSource?]
  /// The variables in words, in the order of the file.
  let variables: VariableAnalysis
  /// The sources of COPY and ADD in the context, in the order of the file.
  let sources: [CopySource]

  /// Reads a file and works out what the rules share.
  ///
  /// - Parameters:
  ///   - arguments: for each platform the values that a build has.
  ///   - surroundings: the context and the images that the file can name; looked at here, so this blocks on the disk.
  package init(
    _ file: SourceFile, arguments: [(platform: Platform, values: BuildArguments)], surroundings: RecipeSurroundings
  ) {
    tree = SyntaxTree(parsing: file)
    let (graph, diagnostics) = StageGraph.reading(tree)
    self.graph = graph
    self.diagnostics = diagnostics
    switches = CheckSwitches(tree)
    self.surroundings = surroundings
    let builds =
      graph.stages.isEmpty
      ? [] : arguments.map { RecipeBuild(graph, platform: $0.platform, arguments: $0.values, surroundings) }
    self.builds = builds
    bases = builds.first?.bases ?? RecipeBuild.literalBases(graph)
    variables = VariableAnalysis(graph, bases: bases) { name in
      builds.first.flatMap { surroundings.images.variables(of: name, for: $0.platform) }
    }
    sources = CopySource.find(in: graph, builds, variables, surroundings)
  }

  /// Whether an instruction uses a variable whose value nobody can know here, because it may come from a base image.
  package func dependsOnBaseImage(_ instruction: Instruction) -> Bool {
    variables.unknown.contains(instruction.range.offsets.lowerBound)
  }
}

/// What lies around a recipe.
package struct RecipeSurroundings: Sendable {
  /// The build context.
  let context: any ContextFiles
  /// What the ignore file leaves out; nil when there is none.
  let ignore: IgnorePatterns?
  /// The directories of the context, without slashes, that are filled before the file is built: `bin`, `src`.
  let produced: Set<String>
  /// Whether a script runs in the context first, so that anything may be there afterwards.
  let hasBuildScript: Bool
  /// The stage that becomes the image; nil for the last one.
  let target: String?
  /// The names that stand for a context of the command line.
  let contexts: Set<String>
  /// What is known of images without asking a registry.
  let images: any KnownImages

  /// Collects what lies around a recipe.
  package init(
    context: any ContextFiles, ignore: IgnorePatterns?, produced: Set<String> = [], hasBuildScript: Bool = false,
    target: String? = nil, contexts: Set<String> = [], images: any KnownImages
  ) {
    self.context = context
    self.ignore = ignore
    self.produced = produced
    self.hasBuildScript = hasBuildScript
    self.target = target
    self.contexts = contexts
    self.images = images
  }
}
