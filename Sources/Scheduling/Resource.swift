/// What a piece of work occupies while it runs, besides time.
package enum Resource: String, Hashable, Sendable, CaseIterable {
  /// A core that runs code of this machine.
  case cpu
  /// A core that runs code of another architecture through an emulator.
  case emulatedCPU
  /// A connection to a registry or source server.
  case network
  /// A stream of large reads or writes to the store.
  case disk
}
