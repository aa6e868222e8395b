import ArgumentParser

/// How the events of a run are shown.
enum ProgressMode: String, ExpressibleByArgument, CaseIterable {
  /// `tty` on a terminal, else `plain`.
  case auto
  case plain
  case tty
  case rawjson
  /// Nothing but warnings and a failed run's summary.
  case quiet
}
