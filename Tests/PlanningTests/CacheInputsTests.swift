import OCI
import Planning
import Testing

@Suite struct CacheInputsTests {
  private let platform = Platform(architecture: "arm64")

  @Test func equalInputsHaveOneKeyInWhateverOrderTheyWereSet() {
    var left = CacheInputs(kind: "run", parent: nil, platform: platform)
    var right = left
    left["a"] = "1"
    left["b"] = "2"
    right["b"] = "2"
    right["a"] = "1"
    #expect(left.key == right.key)
    right["b"] = "3"
    #expect(left.key != right.key)
  }

  @Test func aMissNamesTheInputsThatChanged() {
    var inputs = CacheInputs(kind: "run", parent: nil, platform: platform)
    inputs.set("arguments", ["/bin/sh", "-c", "true"])
    inputs["user"] = ""
    let before = inputs.canonical
    inputs["user"] = "1000"
    inputs["new"] = "x"
    #expect(inputs.changes(since: before) == ["new", "user"])
  }

  @Test func listsAreUnambiguous() {
    var left = CacheInputs(kind: "run", parent: nil, platform: platform)
    var right = left
    left.set("arguments", ["a b"])
    right.set("arguments", ["a", "b"])
    #expect(left.key != right.key)
  }
}
