import Diagnostics
import Dockerfile
import OCI

/// A whole Dockerfile: parsed, its stages resolved, and every instruction lowered as if on an image.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let file = SourceFile(name: "Dockerfile", bytes: Array(UnsafeBufferPointer(start: data, count: count)))
  do {
    let graph = try StageGraph(parsing: file)
    let stages = try graph.resolve(BuildArguments(given: ["a": "1"], platform: ["TARGETARCH": "arm64"]))
    for stage in graph.stages {
      precondition(stage.head.range.offsets.upperBound <= count)
      var state = StageState(base: nil, global: stages.global, expander: graph.expander)
      for instruction in stage.instructions {
        precondition(instruction.range.offsets.upperBound <= count)
        do { _ = try state.lower(instruction) } catch { show(error) }
      }
    }
  } catch {
    show(error)
  }
  return 0
}

/// Every message can be rendered and says something.
private func show(_ error: DiagnosticsError) {
  precondition(!error.diagnostics.isEmpty)
  for diagnostic in error.diagnostics { precondition(!diagnostic.rendered(color: true).isEmpty) }
}
