import Diagnostics

extension StageGraph {
  /// Finds what a target needs when it is built with these arguments.
  ///
  /// All FROM lines are evaluated, other references only in stages that the target reaches. Variables of base images
  /// are not known here: a `COPY --from` that uses one sees it as not set.
  ///
  /// - Parameters:
  ///   - target: a stage's name or number; nil for the last stage.
  ///   - contexts: keys of names that stand for something else than the stage or image they would be.
  /// - Throws: everything that cannot be expanded or names no stage that it may use.
  package func resolve(
    _ arguments: BuildArguments, target: String? = nil, contexts: Set<String> = []
  ) throws(DiagnosticsError) -> ResolvedStages {
    let target = try targetIndex(target)
    var resolver = StageResolver(graph: self, global: try globalScope(arguments), contexts: contexts)
    resolver.resolveBases()
    try DiagnosticsError.check(resolver.diagnostics)
    resolver.resolveReferences(from: target)
    try DiagnosticsError.check(resolver.diagnostics)
    return resolver.result(target: target)
  }

  /// The indexes of the stages that the target reaches, ascending.
  ///
  /// - Throws: as `resolve`.
  package func neededStages(_ arguments: BuildArguments, target: String? = nil) throws(DiagnosticsError) -> [Int] {
    try resolve(arguments, target: target).stages.map(\.index)
  }
}

/// One evaluation of a graph.
private struct StageResolver {
  let graph: StageGraph
  let global: GlobalScope
  let contexts: Set<String>
  var diagnostics: [Diagnostic] = []
  private var bases: [(source: StageSource, platform: String?)] = []
  private var references: [Int: [ResolvedStages.Reference]] = [:]
  /// The variables at the end of stages that others are built on.
  private var endScopes: [Int: StageScope] = [:]

  init(graph: StageGraph, global: GlobalScope, contexts: Set<String>) {
    self.graph = graph
    self.global = global
    self.contexts = contexts
  }

  mutating func resolveBases() {
    for stage in graph.stages {
      do {
        let platform = try stage.from.platform.map { (word) throws(DiagnosticsError) in
          try graph.expander.expand(word, lookup: global.lookup)
        }
        let name = try graph.expander.expand(stage.from.base, lookup: global.lookup)
        let source = try base(name, of: stage)
        // A stage goes on where the one before it ended, on its platform.
        if case .stage(let index) = source {
          bases.append((source, bases[index].platform))
        } else {
          bases.append((source, platform?.utf8.isEmpty == true ? nil : platform))
        }
      } catch {
        diagnostics += error.diagnostics
        bases.append((.scratch, nil))
      }
    }
  }

  private func base(_ name: String, of stage: StageGraph.Stage) throws(DiagnosticsError) -> StageSource {
    guard !name.trimmed.utf8.isEmpty else {
      let names = graph.expander.variables(in: stage.from.base)
      throw DiagnosticsError(
        .error(
          "base name (\(stage.from.base.text)) should not be blank", at: stage.from.base.range,
          help: names.map { "give a value: ARG \($0)=… before the first FROM, or --build-arg \($0)=…" }))
    }
    let context = ContextName.key(name)
    if contexts.contains(context), name != "scratch" { return .context(context) }
    let key = name.asciiLowercased
    if let earlier = graph.stages[..<stage.index].last(where: { $0.name == key }) { return .stage(earlier.index) }
    return name == "scratch" ? .scratch : .image(name)
  }

  /// Goes down from the target; stages only ever refer to stages before them.
  mutating func resolveReferences(from target: Int) {
    var needed: Set<Int> = [target]
    for index in stride(from: target, through: 0, by: -1) where needed.contains(index) {
      let found = references(of: graph.stages[index])
      references[index] = found
      for source in [bases[index].source] + found.map(\.source) {
        if case .stage(let other) = source { needed.insert(other) }
      }
    }
  }

  private mutating func references(of stage: StageGraph.Stage) -> [ResolvedStages.Reference] {
    var result: [ResolvedStages.Reference] = []
    var scope: StageScope?
    var applied = 0
    for (index, instruction) in stage.instructions.enumerated() {
      var uses: [(name: String, mount: Int?, range: SourceRange)] = []
      do {
        switch instruction.kind {
        case .copy(let copy):
          guard let from = copy.from else { continue }
          guard from.mayHoldVariable else {
            uses.append((from.text, nil, from.range))
            break
          }
          var current = scope ?? startScope(of: stage)
          Self.apply(stage.instructions[applied..<index], to: &current)
          (scope, applied) = (current, index)
          uses.append((try current.expand(from), nil, from.range))
        case .run(let run):
          uses += run.mounts.enumerated().compactMap { (number, mount) in
            mount.from.map { ($0, number, mount.word.range) }
          }
        default: continue
        }
        for use in uses {
          let source = try graph.source(named: use.name, in: stage.index, at: use.range, contexts: contexts)
          result.append(.init(instruction: index, mount: use.mount, source: source, range: use.range))
        }
      } catch {
        diagnostics += error.diagnostics
      }
    }
    return result
  }

  /// The scope with which a stage starts, as far as it is known without base images.
  private mutating func startScope(of stage: StageGraph.Stage) -> StageScope {
    var chain: [Int] = []
    var scope: StageScope?
    var base = bases[stage.index].source
    while scope == nil, case .stage(let index) = base {
      if let known = endScopes[index] {
        scope = known
      } else {
        chain.append(index)
        base = bases[index].source
      }
    }
    var result = scope ?? StageScope(global: global, expander: graph.expander)
    for index in chain.reversed() {
      Self.apply(graph.stages[index].instructions[...], to: &result)
      endScopes[index] = result
    }
    return result
  }

  /// Applies ARG and ENV; what cannot be expanded is reported where the instruction is lowered, with the base image's
  /// variables known.
  private static func apply(_ instructions: ArraySlice<Instruction>, to scope: inout StageScope) {
    for instruction in instructions {
      switch instruction.kind {
      case .arg(let arg): _ = try? scope.apply(arg)
      case .env(let env): _ = try? scope.apply(env)
      default: break
      }
    }
  }

  func result(target: Int) -> ResolvedStages {
    var stages: [ResolvedStages.Stage] = []
    var images: [ResolvedStages.Image] = []
    for (index, references) in references.sorted(by: { $0.key < $1.key }) {
      let base = bases[index]
      stages.append(.init(index: index, base: base.source, platform: base.platform, references: references))
      let from = graph.stages[index].from.base.range
      if let image = Self.image(base.source, base.platform, at: from) { images.append(image) }
      images += references.compactMap { Self.image($0.source, nil, at: $0.range) }
    }
    return ResolvedStages(stages: stages, target: target, global: global, images: images)
  }

  private static func image(_ source: StageSource, _ platform: String?, at range: SourceRange) -> ResolvedStages.Image?
  {
    switch source {
    case .image(let name): .init(reference: name, isContext: false, platform: platform, range: range)
    case .context(let key): .init(reference: key, isContext: true, platform: platform, range: range)
    case .scratch, .stage: nil
    }
  }
}
