import Diagnostics
import Dockerfile
import OCI

extension Rule {
  /// A base image that is known not to be there for a platform that is built.
  static let baseImageLacksPlatform = Rule(
    "BaseImageLacksPlatform", "base images are there for every platform that is built"
  ) { recipe, findings in
    var lacks: [Int: (image: ResolvedStages.Image, platforms: [Platform], lack: ImageLack)] = [:]
    for build in recipe.builds {
      for image in build.resolved?.images ?? [] where !image.isContext {
        let wanted = image.platform.map { Platform(parsing: $0) } ?? build.platform
        guard let wanted, let reference = try? Reference(parsing: image.reference),
          let lack = recipe.surroundings.images.lack(of: reference, for: wanted)
        else { continue }
        let place = image.range.offsets.lowerBound
        let known = lacks[place]?.platforms ?? []
        lacks[place] = (image, known.contains(wanted) ? known : known + [wanted], lacks[place]?.lack ?? lack)
      }
    }
    for (_, found) in lacks.sorted(by: { $0.key < $1.key }) {
      findings.fail(
        "`\(found.image.reference)` is not there for \(found.platforms.map(\.shortName).joined(separator: ", "))",
        at: found.image.range, why: found.lack.why, help: found.lack.help)
    }
  }
}
