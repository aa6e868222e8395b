import OCI

/// Something that happened in a run; all output for people and machines is made from these.
package enum BuildEvent: Sendable {
  /// First of a run.
  case runStarted(RunPlan)
  case cellStarted(CellID)
  case stepStarted(CellID, Step)
  /// Bytes that the running step wrote, cut anywhere.
  case output(CellID, [UInt8])
  /// The step with this index, counted from 1, is done; cached when its result was there before.
  case stepFinished(CellID, index: Int, isCached: Bool, duration: Duration)
  case cellFinished(CellID, CellResult)
  /// Bytes on their way to or from a registry.
  case transfer(Transfer)
  /// A message in the usual shape, its severity in front, lines separated by line feeds.
  case warning(String)
  /// Last of a run, also of a failed one.
  case runFinished(RunResult)

  /// One step of a cell.
  package struct Step: Hashable, Sendable {
    /// From 1.
    package let index: Int
    package let total: Int
    /// The instruction in one line.
    package let text: String

    package init(index: Int, total: Int, text: String) {
      self.index = index
      self.total = total
      self.text = text
    }
  }

  /// How far a transfer is.
  package struct Transfer: Hashable, Sendable {
    package enum Direction: String, Hashable, Sendable {
      case download
      case upload
    }

    /// The cell that waits for it; nil while publishing.
    package let cell: CellID?
    package let direction: Direction
    /// What is moved, mostly a digest.
    package let name: String
    package let done: Int64
    /// nil when the size is not known beforehand.
    package let total: Int64?

    package init(cell: CellID?, direction: Direction, name: String, done: Int64, total: Int64?) {
      self.cell = cell
      self.direction = direction
      self.name = name
      self.done = done
      self.total = total
    }
  }
}

/// What a run is going to do.
package struct RunPlan: Hashable, Sendable {
  /// The components as a tree in the order of display, dependants below what they need.
  package struct Row: Hashable, Sendable {
    package let component: String
    /// 0 for components that need no other.
    package let depth: Int

    package init(_ component: String, depth: Int = 0) {
      self.component = component
      self.depth = depth
    }
  }

  package let rows: [Row]
  package let platforms: [Platform]
  /// Every cell of the plan, also those with nothing to do.
  package let cells: [CellID]
  package let counts: PlanCounts

  package init(rows: [Row], platforms: [Platform], cells: [CellID], counts: PlanCounts) {
    self.rows = rows
    self.platforms = platforms
    self.cells = cells
    self.counts = counts
  }
}

/// How many cells a plan adds, changes, copies and leaves alone.
package struct PlanCounts: Hashable, Sendable {
  package var added: Int
  package var changed: Int
  package var copied: Int
  package var unchanged: Int

  package init(added: Int = 0, changed: Int = 0, copied: Int = 0, unchanged: Int = 0) {
    self.added = added
    self.changed = changed
    self.copied = copied
    self.unchanged = unchanged
  }

  package var total: Int { added + changed + copied + unchanged }
}
