import Assembly
import Content
import Diagnostics
import Dockerfile
import Layers
import Linux
import OCI
import Planning

/// Goes through the instructions of one stage.
struct StageBuilder {
  let cell: CellExecutor
  let stage: ResolvedStages.Stage
  let source: StageGraph.Stage
  /// The component's files.
  let context: BuildContext
  /// Number of the stage's first instruction in the whole recipe, and how many there are in all.
  let firstNumber: Int
  let count: Int

  func run() async throws -> StageResult {
    let start = try await attempt(source.head) { try await base() }
    var (image, state) = (start.image, start.state)
    let triggers = try Instruction.triggers(state.takeTriggers(), origin: "ONBUILD of \(source.from.base.text)")
    let instructions = triggers + source.instructions
    for (position, instruction) in instructions.enumerated() {
      let number = firstNumber + position
      let lowered = try state.lower(instruction)
      guard let step = lowered.step else {
        image.append(nil, history: history(lowered.history, isEmpty: true))
        continue
      }
      cell.events(.started(number: number, count: count, text: instruction.text))
      let began = ContinuousClock.now
      let outcome = try await attempt(instruction) {
        try await perform(
          step, of: (instruction, position - triggers.count, number), state: state, on: image)
      }
      image.append(outcome.layer, history: history(lowered.history, isEmpty: outcome.layer == nil))
      cell.events(
        .finished(
          number: number, isCached: outcome.isCached, duration: began.duration(to: .now)))
    }
    image.process = state.process
    image.stamp(created: Self.text(ofEpoch: cell.epoch), author: state.author, platform: platform)
    return StageResult(image: image, state: state, inherited: start.inherited)
  }

  /// The platform of the stage: that of the cell unless FROM says otherwise.
  private var platform: Platform { stage.platform.flatMap { Platform(parsing: $0) } ?? cell.id.platform }

  private var emptyBase: StageResult {
    StageResult(image: Image(platform: platform), state: emptyState, inherited: 0)
  }

  /// What holds where nothing was before.
  private var emptyState: StageState {
    StageState(base: nil, global: cell.recipe.stages.global, expander: cell.recipe.graph.expander)
  }

  private func base() async throws -> StageResult {
    if isNothing(stage.base) { return emptyBase }
    switch stage.base {
    case .scratch: return emptyBase
    case .stage(let index):
      let result = try await cell.result(of: index)
      return StageResult(image: result.image, state: StageState(onto: result.state), inherited: result.inherited)
    case .image, .context:
      if let path = directory(of: stage.base) { return try await base(ofDirectory: path) }
      let image = try await image(of: stage.base, platform, at: source.from.base.range)
      let state = StageState(
        base: image.config.config, global: cell.recipe.stages.global, expander: cell.recipe.graph.expander)
      return StageResult(image: image, state: state, inherited: image.layers.count)
    }
  }

  /// The files of a directory, and nothing else, as what a stage starts from.
  private func base(ofDirectory path: String) async throws -> StageResult {
    var image = Image(platform: platform)
    let outcome = try await CopyExecutor(
      context: stepContext(of: image, number: 0), step: .everything,
      origin: try await cell.namedContext(path).origin
    ).run()
    image.append(outcome.layer, history: history(source.head.text, isEmpty: outcome.layer == nil))
    return StageResult(image: image, state: emptyState, inherited: 0)
  }

  private func stepContext(of image: Image, number: Int) -> StepContext {
    StepContext(
      machinery: cell.machinery, layers: image.layers, platform: platform, time: Timestamp(seconds: cell.epoch),
      name: "\(cell.machinery.set) \(cell.id) \(stage.index) \(number)")
  }

  /// Carries out a step of an instruction, whose place in the stage is negative for triggers.
  private func perform(
    _ step: Step, of place: (instruction: Instruction, position: Int, number: Int), state: StageState, on image: Image
  ) async throws -> StepOutcome {
    let stepContext = stepContext(of: image, number: place.number)
    switch step {
    case .makeDirectory(let directory):
      return try await DirectoryExecutor(context: stepContext, step: directory).run()
    case .copy(let copy):
      let origin: CopyOrigin =
        switch try await copySource(place.instruction, at: place.position, state) {
        case .layers(let layers): .image(layers)
        case .context(let context): context.origin
        }
      return try await CopyExecutor(context: stepContext, step: copy, origin: origin).run()
    case .run(let run):
      return try await RunExecutor(
        context: stepContext, step: run, sources: try await mountSources(place.instruction, at: place.position),
        buildContext: context,
        output: { [events = cell.events, number = place.number] in events(.output(number: number, $0)) }
      ).run()
    }
  }

  private func history(_ line: String, isEmpty: Bool) -> ImageConfig.History {
    ImageConfig.History(
      created: Self.text(ofEpoch: cell.epoch), createdBy: line, emptyLayer: isEmpty)
  }

  /// Adds the instruction to whatever goes wrong in `body`.
  private func attempt<T>(_ instruction: Instruction, _ body: () async throws -> T) async throws -> T {
    do {
      return try await body()
    } catch let error as CancellationError {
      throw error
    } catch let error as DiagnosticsError {
      throw error
    } catch let error as StepMiss {
      throw error
    } catch {
      throw StepError(cell: cell.id, range: instruction.range, text: instruction.text, underlying: error)
    }
  }
}
