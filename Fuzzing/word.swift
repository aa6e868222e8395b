import Diagnostics
import Dockerfile

/// The first line is the value of `a` and of every variable whose name starts with it; what follows is a word.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  let lines = bytes.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false)
  guard lines.count == 2 else { return 0 }
  let value = String(decoding: lines[0], as: UTF8.self)
  let file = SourceFile(name: "Dockerfile", bytes: Array(lines[1]))
  let word = Word(String(decoding: lines[1], as: UTF8.self), range: file.range(0..<file.bytes.count))
  let lookup: WordExpander.Lookup = { $0.hasPrefix("a") ? value : nil }
  for escape in [UInt8(ascii: "\\"), UInt8(ascii: "`")] {
    let expander = WordExpander(escape: escape)
    let one = try? expander.expand(word, lookup: lookup)
    let many = try? expander.expandToWords(word, lookup: lookup)
    precondition((one == nil) == (many == nil), "both ways to expand a word agree on what is an error")
    precondition((one?.utf8.count ?? 0) <= ParserLimits.expandedBytes)
  }
  return 0
}
