import Diagnostics
import Dockerfile

/// The first line is a path; what follows is an ignore file.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  let lines = bytes.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false)
  guard lines.count == 2 else { return 0 }
  let path = String(decoding: lines[0], as: UTF8.self)
  let file = SourceFile(name: ".dockerignore", bytes: Array(lines[1]))
  guard let patterns = try? IgnorePatterns(parsing: file) else { return 0 }
  precondition(patterns.ignores(path) == patterns.ignores(path + "/"), "a slash at the end of a path does not count")
  return 0
}
