extension CellResult {
  /// The result in one line: `built 58.2s  sha256:77aab0c1d2e3  91.3 MB (+0.4 MB)`.
  var line: String {
    let time = Format.duration(duration)
    let word: String =
      switch outcome {
      case .built: "built \(time)"
      case .copied: "copied \(time)"
      case .upToDate: "up to date"
      case .failed(let failure): "failed after \(time): \(failure.what)"
      case .skipped(let cause): "skipped (\(cause) failed)"
      case .cancelled: "cancelled"
      }
    var parts = [word]
    if let digest { parts.append(Format.digest(digest)) }
    if let size {
      let change = sizeChange.flatMap { $0 == 0 ? nil : " (\(Format.change($0)))" } ?? ""
      parts.append(Format.bytes(size) + change)
    }
    return parts.joined(separator: "  ")
  }
}

extension CellResult.Outcome {
  var isFailure: Bool { if case .failed = self { true } else { false } }
  var isSkipped: Bool { if case .skipped = self { true } else { false } }
}
