import Glibc

extension Machine {
  /// How many cores this process may use, at least one.
  package static let processors: Int = {
    var set = cpu_set_t()
    guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else {
      return max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    }
    return withUnsafeBytes(of: &set) { bytes in max(1, bytes.reduce(0) { $0 + $1.nonzeroBitCount }) }
  }()
}
