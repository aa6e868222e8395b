import Diagnostics
import Dockerfile
import Testing

@Suite("stages")
struct StageGraphTests {
  func resolve(
    _ text: String, _ given: [String: String] = [:], platform: [String: String] = [:], target: String? = nil
  ) throws -> ResolvedStages {
    try graph(text).resolve(BuildArguments(given: given, platform: platform), target: target)
  }

  func failure(_ text: String, _ given: [String: String] = [:], target: String? = nil) -> String {
    do {
      _ = try resolve(text, given, target: target)
      return ""
    } catch {
      return (error as? DiagnosticsError)?.diagnostics.map(\.what).joined(separator: "; ") ?? "\(error)"
    }
  }

  @Test("bases: scratch, stages in any case, images")
  func bases() throws {
    let text = "FROM scratch AS One\nFROM oNE AS two\nFROM two:latest\nCOPY --from=ONE a b\nCOPY --from=1 a b\n"
    let found = try resolve(text)
    #expect(found.stages.map(\.base) == [.scratch, .stage(0), .image("two:latest")])
    #expect(found.stages[2].dependencies == [0, 1])
    #expect(found.target == 2)
  }

  @Test("only what the target reaches is needed")
  func needed() throws {
    let text = """
      FROM a AS base
      FROM b AS unused
      FROM base AS tools
      FROM c AS build
      RUN --mount=type=bind,from=tools,target=/t --mount=type=cache,target=/c,from=d make
      FROM scratch
      COPY --from=build /x /x
      """
    #expect(try resolve(text).stages.map(\.index) == [0, 2, 3, 4])
    #expect(try resolve(text).images.map(\.reference) == ["a", "c", "d"])
    #expect(try resolve(text, target: "TOOLS").stages.map(\.index) == [0, 2])
    #expect(try resolve(text, target: "1").images.map(\.reference) == ["b"])
    #expect(failure(text, target: "biuld") == "target stage \"biuld\" could not be found (did you mean build?)")
  }

  @Test("FROM sees global ARGs, automatic values and what the build gives for declared names")
  func arguments() throws {
    let text = """
      ARG TAG=1
      ARG IMAGE=base:$TAG
      FROM --platform=$BUILDPLATFORM ${REGISTRY:-local}/$IMAGE-$TARGETARCH
      """
    let platform = ["BUILDPLATFORM": "linux/amd64", "TARGETARCH": "arm64"]
    let first = try resolve(text, platform: platform)
    #expect(first.images.map(\.reference) == ["local/base:1-arm64"])
    #expect(first.images.map(\.platform) == ["linux/amd64"])
    let second = try resolve(text, ["TAG": "2", "REGISTRY": "r", "TARGETARCH": "arm"], platform: platform)
    #expect(second.images.map(\.reference) == ["local/base:2-arm"])
  }

  @Test("edges differ by platform")
  func perPlatform() throws {
    let text = "FROM a AS stage-arm64\nFROM b AS stage-amd64\nARG TARGETARCH\nFROM stage-$TARGETARCH\n"
    #expect(try resolve(text, platform: ["TARGETARCH": "arm64"]).stages.map(\.index) == [0, 2])
    #expect(try resolve(text, platform: ["TARGETARCH": "amd64"]).stages.map(\.index) == [1, 2])
    #expect(try resolve(text, platform: ["TARGETARCH": "arm"]).images.map(\.reference) == ["stage-arm"])
  }

  @Test("COPY --from sees the stage's variables, also inherited ones")
  func copyFromVariable() throws {
    let text = """
      ARG SRC=two
      FROM a AS one
      FROM b AS two
      FROM c AS base
      ARG SRC
      ENV N=one
      FROM base
      COPY --from=$SRC x x
      COPY --from=$N x x
      ENV N=image
      COPY --from=$N x x
      """
    let last = try #require(try resolve(text).stages.last)
    #expect(last.references.map(\.source) == [.stage(1), .stage(0), .image("image")])
    #expect(last.references.map(\.instruction) == [0, 1, 3])
  }

  @Test("a later stage of a repeated name counts, with a warning")
  func duplicates() throws {
    let text = "FROM a AS x\nFROM b AS X\nFROM x\n"
    #expect(try resolve(text).stages.map(\.index) == [1, 2])
    #expect(try graph(text).warnings.map(\.rule) == ["DuplicateStageName"])
  }

  @Test(
    "refused references",
    arguments: [
      ("FROM a AS s\nCOPY --from=s x y", "circular dependency detected on stage: s"),
      ("FROM a\nCOPY --from=0 x y", "circular dependency detected on stage: 0"),
      ("FROM a\nCOPY --from=9 x y", "invalid stage index 9: the file has 1 stages, counted from 0"),
      ("FROM a\nCOPY --from=$no x y", "name of the stage or image is empty after expansion"),
      ("FROM ${no}", "base name (${no}) should not be blank"),
      ("ARG a=${b:?need-b}\nFROM x", "b: need-b"),
    ])
  func refused(text: String, expected: String) {
    #expect(failure(text) == expected)
  }

  @Test("a stage cannot be used before it is defined")
  func forward() {
    let text = "FROM a AS one\nCOPY --from=two x y\nFROM b AS two\nFROM one\n"
    #expect(failure(text) == "stage two is used before it is defined")
    #expect(failure(text, target: "two") == "")
    #expect(failure("FROM later\nFROM a AS later\nFROM 0\n") == "")
  }

  @Test(
    "refused files",
    arguments: [
      ("RUN x\nFROM a", ["no build stage in current context"]),
      ("ARG a", ["no build stage in file"]),
      ("# nothing\n", ["file with no instructions"]),
      ("FROM a b c d\nRUN x", ["FROM requires either one or three arguments"]),
      (
        "FROM a AS 1x\nCOPYY a b\nRUN --mount=tpye=bind,target=/a x",
        [
          "invalid name for build stage: \"1x\"", "unknown instruction: COPYY (did you mean COPY?)",
          "unexpected key 'tpye' in --mount (did you mean type?)",
        ]
      ),
      ("FROM a\nRUN <<EOF\nx", ["unterminated heredoc"]),
      ("FROM a\nSHELL /bin/sh", ["SHELL requires the arguments to be in JSON form"]),
      (
        "FROM a\nRUN --mount=from=$x,target=/y z",
        ["'from' doesn't support variable expansion, define alias stage instead"]
      ),
      ("FROM a\nCOPY --form=b c d", ["unknown flag: --form (did you mean --from?)"]),
      ("FROM a\nCMD --x y", ["unknown flag: --x"]),
    ])
  func refusedFiles(text: String, expected: [String]) {
    #expect(refusals(text) == expected)
  }

  @Test("bytes that are no text are refused")
  func notText() {
    for (bytes, what) in [([0x46, 0xFF], "file is not UTF-8 text"), ([0x46, 0], "file holds a NUL byte")]
      as [([UInt8], String)]
    {
      #expect {
        _ = try StageGraph(name: "x", bytes: bytes)
      } throws: {
        ($0 as? DiagnosticsError)?.diagnostics.map(\.what) == [what]
          && ($0 as? DiagnosticsError)?.diagnostics.first?.range?.offsets == 1..<2
      }
    }
  }

  @Test("declared build arguments")
  func declared() throws {
    #expect(try graph("ARG a\nFROM x\nARG b=1 c\nFROM y\nARG a").declaredArguments == ["a", "b", "c"])
  }

  @Test("a long chain of stages needs no deep stack")
  func longChain() throws {
    var text = "FROM a AS s0\nENV X=img\n"
    for number in 1..<999 { text += "FROM s\(number - 1) AS s\(number)\n" }
    text += "FROM s998\nCOPY --from=$X a b\n"
    let found = try resolve(text)
    #expect(found.stages.count == 1000)
    #expect(found.images.map(\.reference) == ["a", "img"])
    #expect(failure(text + "FROM b\n") == "more than 1000 stages")
  }
}
