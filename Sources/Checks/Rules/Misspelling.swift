import Diagnostics
import Dockerfile

extension Rule {
  /// A stage whose name is mistyped is silently taken as an image of that name.
  static let misspelledStage = Rule("MisspelledStage", "the names of stages are spelled as they are declared") {
    recipe, findings in
    // A stage that could not be read may be the one that is meant.
    guard recipe.tree.instructions.count(where: { $0.keyword == .from }) == recipe.graph.stages.count else { return }
    // Bounded: a file has few stages and few images, or nobody can have mistyped one among them.
    let names = recipe.graph.stages.compactMap(\.name).prefix(200)
    var meant: [String: String?] = [:]
    var seen: Set<Int> = []
    for image in recipe.builds.flatMap({ $0.resolved?.images ?? [] }) {
      guard !image.isContext, seen.insert(image.range.offsets.lowerBound).inserted,
        image.reference.utf8.allSatisfy({ !"/:@.".utf8.contains($0) })
      else { continue }
      if meant[image.reference] == nil, meant.count < 200 {
        meant[image.reference] = .some(didYouMean(image.reference, among: names))
      }
      guard let meant = meant[image.reference] ?? nil else { continue }
      findings.warn(
        "no stage `\(image.reference)` (did you mean \(meant)?)", at: image.range,
        why: ["it is taken as the image docker.io/library/\(image.reference):latest"],
        help: ["write \(meant), or \(image.reference):latest when the image is meant"])
    }
  }
}
