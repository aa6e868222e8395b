import Commands

/// The program's entry: everything else is in `Commands`.
@main
struct Main {
  static func main() async {
    // Before anything is awaited, while the process has one thread.
    CommandLineTool.prepare()
    await CommandLineTool.run()
  }
}
