import OCI

/// What is known about a run from its events so far; a pure function of them.
package struct ProgressState: Sendable {
  /// How far a cell is.
  package enum Phase: Hashable, Sendable {
    case waiting
    case running
    case finished(CellResult)
  }

  /// One cell.
  package struct Cell: Sendable {
    package var phase = Phase.waiting
    package var started: Timestamp?
    /// The step that runs, or the last that ran.
    package var step: BuildEvent.Step?
    package var stepStarted: Timestamp?
    package var lines = LineBuffer()
    package var transfer: BuildEvent.Transfer?
  }

  package private(set) var plan: RunPlan?
  package private(set) var started: Timestamp?
  package private(set) var finished: Timestamp?
  package private(set) var result: RunResult?
  package private(set) var cells: [CellID: Cell] = [:]
  package private(set) var warnings: [String] = []
  /// Cells in the order in which they ended.
  package private(set) var ended: [CellID] = []

  package init() {}

  /// Takes the next event.
  package mutating func apply(_ event: BuildEvent, at time: Timestamp) {
    switch event {
    case .runStarted(let plan):
      self.plan = plan
      started = time
      for cell in plan.cells { cells[cell] = Cell() }
    case .cellStarted(let id):
      update(id) { cell in
        cell.phase = .running
        cell.started = time
      }
    case .stepStarted(let id, let step):
      update(id) { cell in
        cell.step = step
        cell.stepStarted = time
        cell.transfer = nil
      }
    case .output(let id, let bytes): update(id) { $0.lines.append(bytes) }
    case .stepFinished(let id, _, _, _): update(id) { $0.lines.endLine() }
    case .cellFinished(let id, let result):
      update(id) { cell in
        cell.lines.endLine()
        // Only a failure is explained by its output later.
        if !result.outcome.isFailure { cell.lines.removeAll() }
        cell.phase = .finished(result)
      }
      ended.append(id)
    case .transfer(let transfer):
      if let id = transfer.cell { update(id) { $0.transfer = transfer } }
    case .warning(let text): warnings.append(text)
    case .runFinished(let result):
      self.result = result
      finished = time
    }
  }

  private mutating func update(_ id: CellID, _ change: (inout Cell) -> Void) {
    change(&cells[id, default: Cell()])
  }

  /// The cells that run now, in the order of the plan.
  package var running: [CellID] {
    let order = plan?.cells ?? cells.keys.sorted()
    return order.filter { cells[$0]?.phase == .running }
  }

  /// How many cells ended with an outcome that `matches`.
  package func count(_ matches: (CellResult.Outcome) -> Bool) -> Int {
    cells.values.filter { cell in
      if case .finished(let result) = cell.phase { matches(result.outcome) } else { false }
    }.count
  }

  /// Failed cells with what went wrong, in the order of the plan.
  package var failures: [(cell: CellID, failure: CellFailure, result: CellResult)] {
    (plan?.cells ?? cells.keys.sorted()).compactMap { id in
      guard case .finished(let result) = cells[id]?.phase, case .failed(let failure) = result.outcome else {
        return nil
      }
      return (id, failure, result)
    }
  }

  /// Since the run began, up to `time` or the end of the run.
  package func elapsed(at time: Timestamp? = nil) -> Duration {
    guard let started, let end = finished ?? time else { return .zero }
    return end - started
  }
}
