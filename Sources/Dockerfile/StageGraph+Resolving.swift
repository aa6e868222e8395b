import Diagnostics

extension StageGraph {
  /// Finds what a target needs when it is built with these arguments.
  ///
  /// All FROM lines are evaluated, other references only in stages that the target reaches. Variables of base images
  /// are not known here: a `COPY --from` that uses one sees it as not set.
  ///
  /// - Parameter target: a stage's name or number; nil for the last stage.
  /// - Throws: everything that cannot be expanded or names no stage that it may use.
  package func resolve(_ arguments: BuildArguments, target: String? = nil) throws(DiagnosticsError) -> ResolvedStages {
    let target = try targetIndex(target)
    var resolver = StageResolver(graph: self, global: try globalScope(arguments))
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
  var diagnostics: [Diagnostic] = []
  private var bases: [(source: StageSource, platform: String?)] = []
  private var references: [Int: [ResolvedStages.Reference]] = [:]
  /// The variables at the end of stages that others are built on.
  private var endScopes: [Int: StageScope] = [:]

  init(graph: StageGraph, global: GlobalScope) {
    self.graph = graph
    self.global = global
  }

  mutating func resolveBases() {
    for stage in graph.stages {
      do {
        let platform = try stage.from.platform.map { (word) throws(DiagnosticsError) in
          try graph.expander.expand(word, lookup: global.lookup)
        }
        let name = try graph.expander.expand(stage.from.base, lookup: global.lookup)
        bases.append((try base(name, of: stage), platform?.utf8.isEmpty == true ? nil : platform))
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
          let source = try source(use.name, in: stage, at: use.range)
          result.append(.init(instruction: index, mount: use.mount, source: source, range: use.range))
        }
      } catch {
        diagnostics += error.diagnostics
      }
    }
    return result
  }

  private func source(_ name: String, in stage: StageGraph.Stage, at range: SourceRange) throws(DiagnosticsError)
    -> StageSource
  {
    func failure(_ what: String, _ help: String...) -> DiagnosticsError {
      DiagnosticsError(.error(what, at: range, help: help))
    }
    guard !name.utf8.isEmpty else { throw failure("name of the stage or image is empty after expansion") }
    if name == "scratch" { return .scratch }
    let key = name.asciiLowercased
    var found = graph.stages[..<stage.index].last { $0.name == key }?.index
    if found == nil { found = graph.stages.first { $0.name == key }?.index }
    if found == nil, name.utf8.allSatisfy(\.isDigit) {
      guard let index = Int(name), graph.stages.indices.contains(index) else {
        throw failure("invalid stage index \(name): the file has \(graph.stages.count) stages, counted from 0")
      }
      found = index
    }
    guard let index = found else { return .image(name) }
    if index == stage.index { throw failure("circular dependency detected on stage: \(stage.label)") }
    if index > stage.index {
      throw failure(
        "stage \(graph.stages[index].label) is used before it is defined",
        "move the stage in line \(graph.stages[index].head.range.start.line) before this one")
    }
    return .stage(index)
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
      if case .image(let name) = base.source {
        images.append(.init(reference: name, platform: base.platform, range: graph.stages[index].from.base.range))
      }
      for reference in references {
        guard case .image(let name) = reference.source else { continue }
        images.append(.init(reference: name, platform: nil, range: reference.range))
      }
    }
    return ResolvedStages(stages: stages, target: target, global: global, images: images)
  }
}
