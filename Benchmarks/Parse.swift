import Diagnostics
import Dockerfile

/// Prints how long it takes to parse and resolve a Dockerfile of 200 lines: the median of many rounds, in microseconds.
@main
enum Parse {
  static func main() throws {
    let bytes = Array(text.utf8)
    let clock = ContinuousClock()
    var rounds: [Duration] = []
    for _ in 0..<500 {
      var stages = 0
      let time = try clock.measure {
        let graph = try StageGraph(parsing: SourceFile(name: "Dockerfile", bytes: bytes))
        stages = try graph.resolve(BuildArguments(platform: ["TARGETARCH": "arm64"])).stages.count
      }
      precondition(stages == 2)
      rounds.append(time)
    }
    let median = rounds.sorted()[rounds.count / 2]
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
    print("\(lines) lines, \(bytes.count) bytes: \(median / .microseconds(1)) µs")
  }

  /// Two stages with instructions of every kind, as real files have them.
  static let text: String = {
    var lines = ["# syntax=docker/dockerfile:1", "ARG VERSION=1.0", "FROM registry.example/go:${VERSION} AS build"]
    for number in 0..<24 {
      lines += [
        "ARG NAME_\(number)=value", "ENV PATH_\(number)=/opt/${NAME_\(number):-x}/bin:$PATH",
        "RUN --mount=type=cache,target=/root/.cache make -C /src/\(number) \\",
        "      CFLAGS=\"-O2 -g\" all && \\", "    make install", "COPY --chown=1:2 [\"a b\", \"/c/\"]",
      ]
    }
    lines += ["FROM scratch", "COPY --from=build /out/$TARGETARCH /out"]
    while lines.count < 196 { lines.append("LABEL org.example.l\(lines.count)=\"a \(lines.count)\" b='c d' e=f\\ g") }
    lines += ["RUN <<EOF", "echo one", "EOF", "CMD [\"/bin/app\", \"--serve\"]"]
    return lines.joined(separator: "\n") + "\n"
  }()
}
