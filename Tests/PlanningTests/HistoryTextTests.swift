import OCI
import Testing

@testable import Planning

@Suite("history lines as docker build writes them")
struct HistoryTextTests {
  @Test(
    "of instructions",
    arguments: [
      ("CMD echo \"a\\n\"", #"CMD ["/bin/sh" "-c" "echo \"a\\n\""]"#), ("CMD [\"a\", \"b c\"]", #"CMD ["a" "b c"]"#),
      ("CMD []", "CMD []"), ("ENTRYPOINT [\"/tool\"]", #"ENTRYPOINT ["/tool"]"#),
      ("SHELL [\"/bin/bash\", \"-c\"]", "SHELL [/bin/bash -c]"),
      ("EXPOSE 9000 80 53/udp 80", "EXPOSE map[53/udp:{} 80/tcp:{} 9000/tcp:{}]"),
      ("VOLUME /a /b", "VOLUME [/a /b]"),
      (
        "HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=2h --retries=3 CMD true",
        #"HEALTHCHECK &{["CMD-SHELL" "true"] "1m30s" "500ms" "2h0m0s" "0s" '\x03'}"#
      ),
      ("HEALTHCHECK --retries=39 CMD [\"a\"]", #"HEALTHCHECK &{["CMD" "a"] "0s" "0s" "0s" "0s" '\''}"#),
      ("HEALTHCHECK NONE", #"HEALTHCHECK &{["NONE"] "0s" "0s" "0s" "0s" '\x00'}"#),
    ])
  func instruction(text: String, expected: String) throws {
    #expect(try LoweredStage(text).history == [expected])
  }

  @Test(
    "of times",
    arguments: [
      (1, "1ns"), (1500, "1.5µs"), (1_000_001, "1.000001ms"), (1_500_000_000, "1.5s"), (60_000_000_000, "1m0s"),
      (3_600_000_000_000, "1h0m0s"), (3_661_250_000_000, "1h1m1.25s"),
    ])
  func duration(nanoseconds: Int64, expected: String) { #expect(HistoryText.duration(nanoseconds) == expected) }

  @Test("of texts with characters that cannot be seen")
  func quoted() { #expect(HistoryText.quoted("a\t\u{1}\u{7F}\u{85}é\\") == #""a\t\x01\x7f\u0085é\\""#) }
}
