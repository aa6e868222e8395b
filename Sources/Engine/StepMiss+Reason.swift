import Execution

extension StepMiss {
  /// For people: what changed, in a few words.
  var reason: String {
    switch cause {
    case .neverRun: "first build"
    case .layerGone: "a layer is gone from the store"
    case .askedAgain(let address): "\(address) is asked again"
    case .changed(let names): Self.text(names)
    }
  }

  private static func text(_ names: [String]) -> String {
    if names == ["parent"] { return "a step before it changed" }
    if names.contains("kind") || names.contains("sources") { return "the instruction changed" }
    var shown: [String] = []
    for name in names where name != "parent" {
      // `source 0 bin` and `inline 0 EOF` are files, `mount 0` and `script /dev/pipes/EOF` belong to the instruction.
      let words = name.split(separator: " ", maxSplits: 2)
      let text =
        switch words.first {
        case "source", "inline": String(words.last ?? "")
        case "mount", "script": "a mount"
        case "arguments": "the command"
        default: name
        }
      if !shown.contains(text) { shown.append(text) }
    }
    let more = shown.count > 3 ? " and \(shown.count - 3) more" : ""
    return shown.prefix(3).joined(separator: ", ") + more + " changed"
  }
}
