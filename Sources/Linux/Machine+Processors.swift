import Glibc

extension Machine {
  /// How many cores the machine has online, at least one.
  package static let processors: Int = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
}
