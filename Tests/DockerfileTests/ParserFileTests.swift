import Diagnostics
import Dockerfile
import Testing

@Suite("parser: reference files")
struct ParserFileTests {
  @Test("reads a file as the reference does", arguments: Fixture.folders("parser/testfiles"))
  func file(name: String) throws {
    let bytes = try Fixture.bytes("parser/testfiles/\(name)/Dockerfile")
    let tree = SyntaxTree(parsing: SourceFile(name: name, bytes: bytes))
    #expect(tree.diagnostics.filter { $0.severity == .error } == [])
    let expected = try Fixture.text("parser/testfiles/\(name)/result")
    #expect(SyntaxDump.dump(tree) == expected.trimmingNewlines)
  }

  @Test("refuses a file as the reference does", arguments: Fixture.folders("parser/testfiles-negative"))
  func negative(name: String) throws {
    let bytes = try Fixture.bytes("parser/testfiles-negative/\(name)/Dockerfile")
    let tree = SyntaxTree(parsing: SourceFile(name: name, bytes: bytes))
    #expect(tree.diagnostics.contains { $0.severity == .error })
  }

  @Test("has the reference's files")
  func count() {
    #expect(Fixture.folders("parser/testfiles").count == 17)
    #expect(Fixture.folders("parser/testfiles-negative").count == 2)
  }

  @Test("knows the lines of every instruction")
  func lineNumbers() throws {
    let table = try ParserTables.load().line_numbers
    let bytes = try Fixture.bytes("parser/" + table.file)
    let tree = SyntaxTree(parsing: SourceFile(name: table.file, bytes: bytes))
    #expect(tree.instructions.map { [$0.range.lines.lowerBound, $0.range.lines.upperBound] } == table.children)
    #expect(tree.diagnostics.map(\.rule) == ["NoEmptyContinuation"])
  }
}

extension String {
  fileprivate var trimmingNewlines: String {
    var text = self[...]
    while text.last?.isNewline == true { text.removeLast() }
    return String(text)
  }
}
