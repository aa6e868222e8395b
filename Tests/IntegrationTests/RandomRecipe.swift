import TestSupport

/// A small Dockerfile from a grammar, the same for the same seed.
///
/// The grammar leaves out what Debian's buildah is known to do otherwise than `docker build`; every omission is named where
/// it is made.
struct RandomRecipe {
  private var random: SeededGenerator
  private var lines: [String] = []
  /// Whether the shell of the base is there, so that RUN works.
  private var hasShell = false
  /// Whether a SHELL came before.
  private var hasOwnShell = false
  private var stages: [String] = []
  /// The ignore file; nil for none.
  private(set) var ignore: String?

  /// An ARG of each stage has a name of its own, since older tools do not give it to stages built on that one.
  private var argument: String { "A\(stages.count)" }

  /// The Dockerfile.
  var text: String { lines.joined(separator: "\n") + "\n" }

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    if chance(30) { lines.append("ARG G=global") }
    lines += ["FROM scratch AS base", "ADD root.tar /"]
    stages = ["base"]
    for number in 1...count(1...2) { stage("s\(number)") }
    ignore = ignorePatterns()
  }

  private mutating func pick(_ choices: [String]) -> String { choices[Int(random.next() % UInt64(choices.count))] }

  private mutating func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

  private mutating func count(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  private mutating func stage(_ name: String) {
    let base = pick(["base", "base", "base", "scratch"] + stages)
    hasShell = base != "scratch"
    lines.append("FROM \(base) AS \(name)")
    for _ in 0..<count(3...9) { instruction() }
    stages.append(name)
  }

  private mutating func instruction() {
    switch count(0...19) {
    case 0...5: copy()
    case 6: lines.append("ADD \(pick(["t.tar", "t.tgz", "a.txt", "d"])) \(destination())")
    case 7...10: run()
    case 11: lines.append("WORKDIR \(pick(["/w", "w", "/w/x/y", "..", "$V", "/o", "/"]))")
    case 12, 13: lines.append("ENV \(pick(["V", "W"]))=\(value())")
    case 14: lines.append("ARG \(pick(["\(argument)=one", "B", "\(argument)=\(value())", "G"]))")
    case 15: lines.append("LABEL \(pick(["l", "m.n", "\"q r\""]))=\(value()) x=\(value())")
    case 16: lines.append("USER \(pick(["0", "0:0", "1000", "5:6", "root", "user", "user:group"]))")
    // Buildah makes the directory of a VOLUME that is not there, BuildKit does not; the base has it.
    case 17:
      lines.append(
        pick(["EXPOSE 80 81/udp", "EXPOSE 8000/tcp", hasShell ? "VOLUME /vol" : "USER 0", "STOPSIGNAL SIGINT"]))
    // Older tools forget the SHELL of a stage for these.
    case 18:
      let form = pick(["[\"a\", \"b c\"]", "echo $V", "[\"x\"]"])
      lines.append(pick(["CMD", "ENTRYPOINT"]) + " " + (hasOwnShell && form == "echo $V" ? "[\"y\"]" : form))
    default:
      let other = pick([
        "SHELL [\"/bin/sh\", \"-ec\"]", "HEALTHCHECK --interval=5s --retries=2 CMD true", "HEALTHCHECK NONE",
        "ONBUILD COPY a.txt /onbuild", "MAINTAINER someone",
      ])
      hasOwnShell = hasOwnShell || other.hasPrefix("SHELL")
      lines.append(other)
    }
  }

  private mutating func copy() {
    var flags = ""
    if chance(25) { flags += "--chown=" + pick(["7", "7:8", "user", "user:group", "0:9", "9"]) + " " }
    let changesMode = chance(20)
    if changesMode { flags += "--chmod=" + pick(["600", "0755", "4711"]) + " " }
    if chance(25) {
      let source = pick(["/bin/true", "/etc", "/etc/passwd", "/etc/p*", "/bin/busybox"])
      lines.append("COPY --from=base \(flags)\(source) \(changesMode ? pick(["/", "."]) : destination())")
      return
    }
    let sources = (0..<(chance(25) ? 2 : 1)).map { _ in
      pick([
        "a.txt", "b.txt", "run.sh", "d", "d/", "d/x", "d/e", ".", "*.txt", "d/*", "?.txt", "link", ".hid", "em",
        "[ab].txt",
      ])
    }
    // BuildKit gives the mode to directories that it makes on the way, too, older tools do not.
    let place = changesMode ? pick(["/", "."]) : destination()
    let isDirectory = place.hasSuffix("/") || place == "."
    // What several matches make of a name without a slash is the tools' own business, so they get one.
    let needsSlash = sources.count > 1 || sources[0].contains { "*?[".contains($0) }
    lines.append("COPY \(flags)\(sources.joined(separator: " ")) \(place)\(needsSlash && !isDirectory ? "/" : "")")
  }

  private mutating func destination() -> String {
    pick(["/", "/o/", "/o/n", "o/", ".", "./p", "/u/v/w/", "/$V/q", "/dirlink/", "/n1", "n2", "/usr/${W:-local}/"])
  }

  private mutating func value() -> String {
    pick([
      "one", "\"two words\"", "'single $V'", "${V}x", "\"${W:-d}\"", "${V:+alt}", "a\\ b", "$\(argument)", "\"\"",
      "p/q.r",
    ])
  }

  private mutating func run() {
    guard hasShell else { return copy() }
    let command = pick([
      "echo \"$V $W $\(argument)\" >> /tmp/log", "mkdir -p /o/m && touch /o/m/f", "rm -rf /o /n1", "ln -s /o /olink",
      "id -u > /tmp/uid",
      "pwd > /tmp/pwd", "mv /tmp/log /tmp/log2", "chmod 750 /tmp/log", "rm -rf /etc/skel",
      "mkdir /tmp/d && rmdir /tmp/d",
      "ln /tmp/log /tmp/hard", "echo x > /tmp/s && chmod 4755 /tmp/s", "rm -rf /usr && mkdir /usr", "true",
      "touch here",
    ])
    if chance(15) {
      lines.append("RUN [\"/bin/sh\", \"-c\", \"\(command.split(separator: "\"").joined()) || true\"]")
    } else {
      lines.append("RUN \(command) || true")
    }
  }

  private mutating func ignorePatterns() -> String? {
    guard chance(30) else { return nil }
    let all = (0..<count(1...3)).map { _ in
      pick(["*.txt", "d", "!d/x", "**/z", "d/*", ".*", "# note", "em", "!a.txt", "*/e", "!*.tar", "li?k"])
    }
    // The archives that every recipe uses stay.
    return (all + ["!root.tar", "!t.tar", "!t.tgz"]).joined(separator: "\n") + "\n"
  }
}
