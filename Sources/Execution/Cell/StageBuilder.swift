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
  /// The stages that this one depends on.
  let done: [Int: StageResult]
  let scanner: ContextScanner
  let hasIgnoreFile: Bool
  /// Number of the stage's first instruction in the whole recipe, and how many there are in all.
  let firstNumber: Int
  let count: Int

  mutating func run() async throws -> StageResult {
    var (image, state) = try await attempt(source.head) { try await base() }
    let triggers = try Instruction.triggers(state.takeTriggers(), origin: "ONBUILD of \(source.from.base.text)")
    let instructions = triggers + source.instructions
    for (position, instruction) in instructions.enumerated() {
      let number = firstNumber + position
      let lowered = try state.lower(instruction)
      guard let step = lowered.step else {
        image.append(nil, history: history(lowered, isEmpty: true))
        continue
      }
      cell.events(.started(number: number, count: count, text: instruction.text))
      let start = ContinuousClock.now
      let outcome = try await attempt(instruction) {
        try await perform(step, number: number, of: position - triggers.count, on: image)
      }
      image.append(outcome.layer, history: history(lowered, isEmpty: outcome.layer == nil))
      cell.events(
        .finished(
          number: number, isCached: outcome.isCached, duration: start.duration(to: .now)))
    }
    image.process = state.process
    image.stamp(created: Self.text(ofEpoch: cell.epoch), author: state.author, platform: platform)
    return StageResult(image: image, state: state)
  }

  /// The platform of the stage: that of the cell unless FROM says otherwise.
  private var platform: Platform { stage.platform.flatMap { Platform(parsing: $0) } ?? cell.id.platform }

  private func base() async throws -> (Image, StageState) {
    switch stage.base {
    case .scratch:
      let state = StageState(base: nil, global: cell.recipe.stages.global, expander: cell.recipe.graph.expander)
      return (Image(platform: platform), state)
    case .stage(let index):
      guard let result = done[index] else { preconditionFailure("stages come after those they start from") }
      return (result.image, StageState(onto: result.state))
    case .image(let name):
      let image = try await image(named: name, platform)
      let state = StageState(
        base: image.config.config, global: cell.recipe.stages.global, expander: cell.recipe.graph.expander)
      return (image, state)
    }
  }

  private func image(named name: String, _ platform: Platform) async throws -> Image {
    guard let origin = cell.recipe.images[.init(name: name, platform: platform)] else {
      preconditionFailure("every image of the stages was planned")
    }
    return try await cell.images.image(origin)
  }

  /// Carries out a step; `position` is the instruction's place in the stage, negative for triggers.
  private func perform(
    _ step: Step, number: Int, of position: Int, on image: Image
  ) async throws -> StepOutcome {
    let context = StepContext(
      machinery: cell.machinery, layers: image.layers, platform: platform, time: Timestamp(seconds: cell.epoch),
      name: "\(cell.machinery.set) \(cell.id) \(stage.index) \(number)")
    switch step {
    case .makeDirectory(let directory):
      return try await DirectoryExecutor(context: context, step: directory).run()
    case .copy(let copy):
      let reference = stage.references.first { $0.instruction == position && $0.mount == nil }
      let origin: CopyOrigin
      if let reference {
        origin = .image(try await layers(of: reference.source))
      } else {
        origin = .context(scanner, hasIgnoreFile: hasIgnoreFile)
      }
      return try await CopyExecutor(context: context, step: copy, origin: origin).run()
    case .run(let run):
      var mounts: [Int: [StoredLayer]] = [:]
      for reference in stage.references where reference.instruction == position {
        if let mount = reference.mount { mounts[mount] = try await layers(of: reference.source) }
      }
      return try await RunExecutor(
        context: context, step: run, mountLayers: mounts, scanner: scanner,
        output: { [events = cell.events] in events(.output(number: number, $0)) }
      ).run()
    }
  }

  private func layers(of source: StageSource) async throws -> [StoredLayer] {
    switch source {
    case .scratch: []
    case .stage(let index): done[index]?.image.layers ?? []
    case .image(let name): try await image(named: name, cell.id.platform).layers
    }
  }

  private func history(_ lowered: LoweredInstruction, isEmpty: Bool) -> ImageConfig.History {
    ImageConfig.History(
      created: Self.text(ofEpoch: cell.epoch), createdBy: lowered.history, emptyLayer: isEmpty)
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
