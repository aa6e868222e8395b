import Commands

/// The program's entry: everything else is in `Commands`.
@main
struct Main {
  static func main() async {
    await CommandLineTool.run()
  }
}
