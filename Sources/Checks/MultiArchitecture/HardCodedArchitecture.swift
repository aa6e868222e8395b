import Dockerfile
import OCI

extension Rule {
  /// A URL, file name or package of one architecture in a file that is built for several.
  static let hardCodedArchitecture = Rule(
    "HardCodedArchitecture", "no address, file or package of one architecture in a file for several"
  ) { recipe, findings in
    guard recipe.isMultiArchitecture else { return }
    for text in ArchitectureText.all(in: recipe) where !text.isGoArchitecture {
      let platforms = recipe.platforms(contradicting: text.mention, in: text.stage, followsStage: true)
      guard !platforms.isEmpty else { continue }
      let name = text.mention.name
      let isMachineName = name == Architecture.machineName(of: text.mention.platform) && name != "riscv64"
      findings.warn(
        "`\(name)` is fixed, and the file is also built for \(platforms.map(\.shortName).joined(separator: ", "))",
        at: text.range,
        help: [
          isMachineName
            ? "use $(uname -m), or a case on $TARGETARCH; or write a Dockerfile.ARCH of its own"
            : "use $TARGETARCH (with `ARG TARGETARCH` in the stage), or write a Dockerfile.ARCH of its own"
        ])
    }
  }

  /// `GOARCH=amd64` in a file that is built for several architectures.
  static let goArchitectureConstant = Rule(
    "GoArchitectureConstant", "GOARCH follows the platform that is built"
  ) { recipe, findings in
    guard recipe.isMultiArchitecture else { return }
    for text in ArchitectureText.all(in: recipe) where text.isGoArchitecture {
      let platforms = recipe.platforms(contradicting: text.mention, in: text.stage, followsStage: false)
      guard !platforms.isEmpty else { continue }
      let names = platforms.map(\.shortName).joined(separator: ", ")
      findings.warn(
        "`\(text.text)` makes programs for \(text.mention.name) in the images for \(names)", at: text.range,
        help: ["GOARCH=$TARGETARCH, with `ARG TARGETARCH` in the stage"])
    }
  }
}
