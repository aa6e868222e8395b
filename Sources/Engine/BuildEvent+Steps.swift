import Diagnostics
import Distribution
import Execution
import OCI
import Planning
import Progress

extension Planning.CellID {
  /// The cell as events name it.
  var shown: Progress.CellID { Progress.CellID(component: component.description, platform: platform) }
}

extension BuildEvent {
  /// What happened in a step, as an event of its cell.
  init(_ event: StepEvent, of id: Planning.CellID) {
    switch event {
    case .started(let number, let count, let text):
      self = .stepStarted(id.shown, Step(index: number, total: count, text: Passwords.hidden(in: text)))
    case .output(_, let bytes): self = .output(id.shown, Array(bytes))
    case .finished(let number, let isCached, let duration):
      self = .stepFinished(id.shown, index: number, isCached: isCached, duration: duration)
    }
  }

  /// How far a pull is.
  static func transfer(_ reference: Reference, _ event: PullEvent) -> BuildEvent {
    let (descriptor, done): (Descriptor, Int64) =
      switch event {
      case .present(let descriptor), .received(let descriptor): (descriptor, descriptor.size)
      case .receiving(let descriptor, let bytes): (descriptor, bytes)
      }
    return .transfer(
      Transfer(
        cell: nil, direction: .download, name: "\(reference) \(descriptor.digest.short)", done: done,
        total: descriptor.size))
  }

  /// How far a publication is; nil for what needs no showing.
  static func transfer(_ event: PublicationEvent) -> BuildEvent? {
    switch event {
    case .sending(let descriptor, _, let bytes):
      .transfer(
        Transfer(cell: nil, direction: .upload, name: descriptor.digest.short, done: bytes, total: descriptor.size))
    case .placed(let descriptor, _, _):
      .transfer(
        Transfer(
          cell: nil, direction: .upload, name: descriptor.digest.short, done: descriptor.size, total: descriptor.size))
    case .planned, .verifying, .tagged: nil
    }
  }
}
