/// A port as an image's configuration names it, for example `8080/tcp`.
package struct ExposedPort: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// From 1 to 65535.
  package let number: UInt16
  /// `tcp`, `udp` or `sctp`.
  package let network: String

  /// `number/network`.
  package var description: String { "\(number)/\(network)" }

  /// By number, then by name of the network.
  package static func < (left: ExposedPort, right: ExposedPort) -> Bool {
    (left.number, left.network) < (right.number, right.network)
  }

  /// The ports of one expanded word of EXPOSE: `PORT`, `FIRST-LAST`, either with `/tcp`, `/udp` or `/sctp`; of a
  /// mapping
  /// `[ADDRESS:][HOST:]PORT` only the container's side counts. Nil when it is none of these.
  package static func parse(_ text: String) -> [ExposedPort]? {
    let parts = Array(text.utf8).parts(separatedBy: .slash)
    guard parts.count <= 2 else { return nil }
    let network = parts.count == 2 ? String(bytes: parts[1]).asciiLowercased : "tcp"
    guard ["tcp", "udp", "sctp"].contains(network) else { return nil }
    let container = parts[0].parts(separatedBy: .colon).last ?? []
    let bounds = Array(container).parts(separatedBy: .dash).map { number($0) }
    guard bounds.count <= 2, let first = bounds[0], let last = bounds[bounds.count - 1], first <= last else {
      return nil
    }
    return (first...last).map { ExposedPort(number: $0, network: network) }
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt16? {
    guard !digits.isEmpty, digits.allSatisfy(\.isDigit), let value = UInt16(String(bytes: digits)), value > 0 else {
      return nil
    }
    return value
  }
}
