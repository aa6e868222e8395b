import Assembly
import Content
import Diagnostics
import Dockerfile
import Layers
import Linux
import OCI
import Planning
import Scheduling

/// Builds the image of one cell from its recipe: stages as they depend on each other, the steps of a stage in order.
package struct CellExecutor: Sendable {
  let machinery: StepMachinery
  let id: CellID
  let recipe: BuildRecipe
  /// The build context; its files are read only as far as instructions name them.
  let context: Directory
  /// Seconds since 1970: the time of everything that is made.
  let epoch: Int64
  let images: any ImageProvider
  let events: @Sendable (StepEvent) -> Void
  /// Stages made or being made; a base image's triggers may want one that the plan did not.
  private let results = SingleFlight<Int, StageResult>(remembers: true)

  package init(
    machinery: StepMachinery, id: CellID, recipe: BuildRecipe, context: Directory, epoch: Int64,
    images: any ImageProvider, events: @escaping @Sendable (StepEvent) -> Void
  ) {
    self.machinery = machinery
    self.id = id
    self.recipe = recipe
    self.context = context
    self.epoch = epoch
    self.images = images
    self.events = events
  }

  /// Builds what the target needs.
  ///
  /// - Throws: `StepError` with the place of the instruction that failed, `ForeignBinaries`, `CancellationError`.
  package func run() async throws -> Image {
    let graph = try TaskGraph(recipe.stages.stages.map { TaskGraph.Node($0.index, after: $0.dependencies) })
    let outcomes = await graph.run(limit: 4, policy: .failFast) { index, _ in try await result(of: index) }
    let results = zip(graph.nodes, outcomes)
    for (_, outcome) in results {
      if case .failed(let error) = outcome { throw error }
    }
    for case (let node, .succeeded(let result)) in results where node.id == recipe.stages.target {
      try await gate.check(result.image.layers, inherited: result.inherited)
      return result.image
    }
    throw CancellationError()
  }

  private var gate: PlatformGate {
    get throws {
      PlatformGate(
        catalog: machinery.catalog, platform: id.platform,
        allowed: try IgnorePatterns(recipe.foreignFiles, origin: "--allow-foreign"))
    }
  }

  /// What a stage comes to, made when it is not yet.
  func result(of index: Int) async throws -> StageResult {
    try await results.value(for: index) { try await build(index) }
  }

  private func build(_ index: Int) async throws -> StageResult {
    let builder = StageBuilder(
      cell: self, stage: try stage(index), source: recipe.graph.stages[index], context: try mainContext(),
      firstNumber: firstNumber(of: index), count: firstNumber(of: recipe.graph.stages.count) - 1)
    return try await builder.run()
  }

  /// A stage with its references; one that the target did not need is evaluated now.
  private func stage(_ index: Int) throws -> ResolvedStages.Stage {
    if let stage = recipe.stages.stage(index) { return stage }
    let stages = try recipe.graph.resolve(
      recipe.stages.global.arguments, target: String(index), contexts: Set(recipe.origins.contexts.keys))
    guard let stage = stages.stage(index) else { preconditionFailure("a target needs itself") }
    return stage
  }
}

extension CellExecutor {
  /// Number of a stage's first instruction, counted from 1 over the stages that are needed.
  private func firstNumber(of index: Int) -> Int {
    recipe.stages.stages.filter { $0.index < index }.reduce(1) { $0 + recipe.graph.stages[$1.index].instructions.count }
  }
}

/// What a stage came to: the image, and the state of its variables for stages that go on from it.
struct StageResult: Sendable {
  var image: Image
  var state: StageState
  /// How many of its layers come from an image outside the recipe, counted from the lowest.
  var inherited: Int
}

/// Gives the images that stages start from or copy from.
package protocol ImageProvider: Sendable {
  /// The image of a plan's origin, with all its layers in the store.
  func image(_ origin: ImageOrigin) async throws -> Image
}

/// What happens in a cell while it is built.
package enum StepEvent: Sendable {
  /// A step begins: its number from 1, how many instructions there are, and the instruction.
  case started(number: Int, count: Int, text: String)
  /// What a command wrote, standard output and error in order.
  case output(number: Int, ArraySlice<UInt8>)
  case finished(number: Int, isCached: Bool, duration: Duration)
}

/// A step that failed, with the instruction that asked for it.
package struct StepError: Error {
  package let cell: CellID
  package let range: SourceRange
  /// The instruction as written, on one line.
  package let text: String
  package let underlying: any Error
}
