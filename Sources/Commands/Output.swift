import Glibc
import SystemPackage

/// The process's two voices: data on standard output, talk on standard error.
///
/// Written straight to the descriptors, so that nothing stays in a buffer; a reader that has gone ends the process as a
/// success, as it is usual in pipes.
enum Output {
  static func data(_ text: String) { write(text, to: .standardOutput) }

  static func talk(_ text: String) { write(text, to: .standardError) }

  static func exit(_ status: ExitStatus) -> Never { Glibc.exit(status.rawValue) }

  private static func write(_ text: String, to descriptor: FileDescriptor) {
    do {
      try descriptor.writeAll(Array(text.utf8))
    } catch Errno.brokenPipe where descriptor == .standardOutput {
      exit(.done)
    } catch {
      // There is no third voice to complain with.
    }
  }
}
