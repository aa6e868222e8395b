import ArgumentParser
import Linux

/// The program from its arguments to its exit code.
package enum CommandLineTool {
  /// What has to be done while the process has one thread: signal handlers, and for a build by an ordinary user the user
  /// namespace in which RUN can mount.
  package static func prepare() {
    Interruption.prepare()
    guard CommandLine.arguments.dropFirst().first == BuildCommand.configuration.commandName else { return }
    do throws(UserNamespace.Failure) {
      try UserNamespace.enter()
    } catch {
      // Without programs or ranges everything but RUN works, and RUN says what is missing.
      guard case .refused(let errno) = error else { return }
      Output.talk("error: this machine cannot make a user namespace\n = \(errno)\n = help: run imgset as root\n")
      Output.exit(.machineCannot)
    }
  }

  /// Parses the arguments of the process, runs the command and ends the process.
  package static func run() async -> Never {
    let arguments = Array(CommandLine.arguments.dropFirst())
    await Interruption.cancelling { await run(arguments) }
  }

  private static func run(_ arguments: [String]) async -> ExitStatus {
    do {
      var command = try Imgset.parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
      return .done
    } catch let status as ExitStatus {
      return status
    } catch let error where Imgset.exitCode(for: error) == .success {
      Output.data(Imgset.fullMessage(for: error) + "\n")
      return .done
    } catch let error where error is CancellationError || Task.isCancelled {
      return .interrupted
    } catch let error where ErrorText.isUsage(error) {
      Output.talk(Imgset.fullMessage(for: error) + "\n")
      return .wrongInput
    } catch {
      let text = ErrorText(error)
      Output.talk(text.rendered + "\n")
      return text.status
    }
  }
}

/// How the process ends, as scripts see it.
package enum ExitStatus: Int32, Error {
  case done = 0
  /// A cell failed.
  case cellFailed = 1
  /// Wrong usage, configuration or recipe.
  case wrongInput = 2
  /// This machine lacks what the work needs.
  case machineCannot = 3
  /// Registry, network or credentials.
  case registry = 4
  case interrupted = 130
}
