import FoundationEssentials

extension StageBuilder {
  /// Seconds since 1970 as RFC 3339 in UTC, the form that image configs use.
  static func text(ofEpoch seconds: Int64) -> String {
    Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
  }
}
