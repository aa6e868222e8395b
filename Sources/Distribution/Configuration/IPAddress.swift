import Glibc

/// Addresses as text.
enum IPAddress {
  /// 4 bytes of an IPv4 or 16 of an IPv6 address; nil for anything else, names included.
  static func bytes(_ text: String) -> [UInt8]? {
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: count)
      if bytes.withUnsafeMutableBytes({ inet_pton(family, text, $0.baseAddress) }) == 1 { return bytes }
    }
    return nil
  }
}
