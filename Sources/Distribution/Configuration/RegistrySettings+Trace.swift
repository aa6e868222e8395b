extension RegistrySettings {
  /// Tells everything about choices from now on, those of the files that were read included.
  package mutating func use(_ trace: Trace) {
    self.trace = trace
    credentials = credentials.tracing(trace)
    for source in registries.sources { trace("read \(source)") }
  }

  /// Tells how a place came from what was typed.
  package func explain(_ text: String, as place: ImagePlace) {
    guard case .registry(let reference) = place else { return }
    let name = text.hasPrefix("docker://") ? String(text.dropFirst("docker://".count)) : text
    if let origin = registries.origin(of: name) { trace("\(text) is \(reference), from \(origin)") }
  }

  /// The same settings with a credential that is in no file yet.
  package func with(_ credential: Credential, for place: CredentialPlace) -> RegistrySettings {
    var copy = self
    copy.credentials = credentials.adding(credential, for: place)
    return copy
  }
}
