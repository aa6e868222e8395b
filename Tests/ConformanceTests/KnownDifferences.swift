/// Cases in which imgset does not do as the suite they come from expects, with the reason.
///
/// A case that is listed here and passes fails the test.
enum KnownDifferences {
  static let buildah: [String: String] = [
    "037-transient-mount": "volumes of the command line are no part of a recipe, so there is no such option"
  ]

  /// Cases whose stored expectation was made with a tool that does otherwise than `docker build`: the reason, and what
  /// exactly differs from it then. Everything else of such a case is as expected.
  static let buildahCorrections: [String: Correction] = [
    "056-copy-integration1": Correction(
      "an exception in the ignore file counts below a directory that is left out, too, as the reference has it",
      ["built, but should have failed"]),
    "154-tar-g": Correction(
      "Buildah makes a directory of the name of a pax global header, Docker does not", ["tmp is missing"]),
    "156-dockerignore-exceptions-weirdness-1": Correction(
      "as 056", ["newdir/subdir is there", "newdir/subdir/sub1.txt is there"]),
    "167-multistage-copyback": Correction(
      "what a writable mount changes is discarded, as BuildKit does", ["base2/2.txt is missing"]),
    "172-builtins": Correction(
      "an ARG counts from its line on, so the owner is the default; the expectation has another /etc/group",
      [
        "1a.txt uid is 1, not 0", "1a.txt gid is 1, not 0", "etc/group size is 160, not 144",
        "etc/group sha256 is fdb68c1f3d6c7749561a0ae96ebcbd8f3d9baefa228ee025d1d386c86a659120, "
          + "not 78ed2733e2063117a2ba9ba5193d34ec5a92e6bc2ab0e1f4f85d4af2d8c7eefa",
      ]),
    "178-mount-cache-by-ownership": Correction(
      "a cache for another owner is another cache, as in BuildKit",
      ["results/0+10/0.txt is missing", "results/0/10.txt is missing", "results/10/0.txt is missing"]),
    "180-mount-targets-old": Correction(
      "mount points that the runtime made do not get into the image, as in BuildKit",
      ["dev", "etc", "etc/hostname", "etc/hosts", "etc/resolv.conf", "proc", "run", "sys"].map { "\($0) is missing" }),
  ]

  static let buildKit: [String: String] = [
    "dockerfile-lowercase":
      "a recipe is called Dockerfile; for another case of its letters there is an error that says so",
    "export-multi-platform": "windows/amd64 is no platform of this project",
  ]

  static let bud: [String: String] = [
    "long-sleep/Dockerfile": "it sleeps for longer than a case may take"
  ]

  static let budCommands: [String: String] = [
    // By decision.
    "build-with-inline-platform-and-variant": "a last stage for another platform than the image's is refused",
    "bud with .containerignore": "an exception in the ignore file is also found below a directory that is left out",
    "bud with .dockerignore #6": "as above",
    "bud with bad --tag": "names of images come from the set, not from the command line",
    "bud-with-rejected-name": "names of images come from the set, not from the command line",
    // The stand-ins are smaller than the images.
    "bud-shell changed during build in Docker format": "the stand-in has no bash",
    "bud-shell changed during build in OCI format": "the stand-in has no bash",
    "bud multi-stage COPY creates absolute path with correct permissions": "the stand-in has no bash",
    "bud multi-stage COPY creates relative path with correct permissions": "the stand-in has no bash",
    "bud with user in groups": "the stand-in has no addgroup",
    // The script of the test makes files that the data does not hold.
    "bud --layers with --mount type bind should burst cache if symlink is changed": "a file is made by a script",
    "build-test skipping unwanted stages with COPY from stage name": "a file is made by a script",
    "build test optimal cache working for COPY instruction": "a file is made by a script",
    "build test optimal cache working for ADD instruction": "a file is made by a script",
    "build-test skipping unwanted stages with --mount from stagename with flag order changed":
      "a file is made by a script",
    "bud --link consistent diffID with --no-cache": "a file is made by a script",
    "bud --link consistent diffID with different base images": "a file is made by a script",
    "bud --link consistent diffID with multiple files": "a file is made by a script",
    "bud --link with glob patterns consistent diffID": "a file is made by a script",
    "bud --link cache behavior basic": "a file is made by a script",
    "bud --link with chmod and chown": "a file is made by a script",
    // Out of reach.
    "bud with ADD with checksum flag": "what is added is on the internet",
  ]

  static let attacks: [String: String] = [:]
}

/// What is wrong with a stored expectation.
struct Correction: Sendable {
  let reason: String
  /// Exactly what is found to differ when the build is right.
  let differences: [String]

  init(_ reason: String, _ differences: [String]) {
    self.reason = reason
    self.differences = differences
  }
}
