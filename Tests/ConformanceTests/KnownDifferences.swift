/// Cases in which imgset does not do as the suite they come from expects, with the reason.
///
/// A case that is listed here and passes fails the test.
enum KnownDifferences {
  static let buildah: [String: String] = [
    // By decision.
    "037-transient-mount": "volumes of the command line are no part of a recipe, so there is no such option",
    "154-tar-g": "Buildah makes a directory of the name of a pax global header; Docker and imgset do not",
    "167-multistage-copyback": "what a writable mount changes is discarded, as BuildKit does",
    "180-mount-targets-old": "mount points that the runtime made do not get into the image",
    // As BuildKit; the expectation is that of the older builder.
    "056-copy-integration1": "an exception in the ignore file is also found below a directory that is left out",
    "156-dockerignore-exceptions-weirdness-1": "as 056",
    "178-mount-cache-by-ownership": "a cache for another owner is another cache",
    // The expectation is wrong.
    "172-builtins": "the expectation was made with another /etc/group in the stand-in",
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
    // Not there yet.
    "bud with ADD with checksum flag": "ADD --checksum",
  ]

  static let attacks: [String: String] = [:]
}
