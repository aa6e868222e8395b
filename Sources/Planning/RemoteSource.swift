import OCI

/// A file that ADD downloads.
package struct DownloadSource: Hashable, Sendable {
  /// An absolute `http` or `https` URL, as written.
  package var url: String
  /// The digest that the content must have; nil accepts what comes.
  package var digest: Digest?

  package init(url: String, digest: Digest?) {
    self.url = url
    self.digest = digest
  }

  /// The name of the file in a destination directory: the last component of the URL's path; nil when there is none.
  package var fileName: String? {
    let rest = url.drop { $0 != ":" }.dropFirst(3)
    let path = rest.prefix { $0 != "?" && $0 != "#" }
    let last = path.dropFirst(path.prefix { $0 != "/" }.count).split(separator: "/").last.map(String.init)
    guard let name = last.flatMap(RemoteSource.percentDecoded), !["", ".", ".."].contains(name), !name.contains("/")
    else { return nil }
    return name
  }

  /// The URL without credentials, for people.
  package var shown: String { RemoteSource.redacted(url) }
}

/// A tree of a git repository that ADD checks out.
///
/// Written as `URL#REF:DIRECTORY` or `URL?ref=…&subdir=…`; see
/// [Dockerfile reference, ADD](https://docs.docker.com/reference/dockerfile/#adding-files-from-a-git-repository).
package struct RepositorySource: Hashable, Sendable {
  /// What git is given to fetch from.
  package var url: String
  /// Branch, tag, full reference or commit; nil for the repository's default branch.
  package var reference: String?
  /// The commit that the reference must lead to, at least its first digits; nil accepts any.
  package var commit: String?
  /// The directory of the tree that is copied, without slashes at its ends; empty for all of it.
  package var directory: String
  /// Whether `.git` is copied too.
  package var keepsGitDirectory: Bool
  /// Whether the trees of submodules are checked out.
  package var hasSubmodules = true

  /// The URL without credentials, for people.
  package var shown: String { RemoteSource.redacted(url) }

  /// The full name of the commit when the instruction says it, so that nobody needs to be asked.
  package var fixedCommit: String? {
    [commit, reference].compactMap(\.self).first { [40, 64].contains($0.utf8.count) && Self.isHex($0) }
  }

  static func isHex(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}

/// Tells remote sources of ADD from local ones and takes them apart.
enum RemoteSource {
  /// Why a source cannot be used; the caller adds the place.
  struct Fault: Error {
    var what: String
    var why: [String] = []
    var help: [String] = []
  }

  /// Whether a source is an address and not a path.
  static func isRemote(_ text: String) -> Bool { scheme(of: text) != nil || isSecureShellPath(text) }

  /// What a source of ADD means.
  static func source(_ text: String, checksum: String?, keepsGitDirectory: Bool) throws(Fault) -> CopyStep.Source {
    guard isRemote(text) else { return .path(text) }
    guard text.utf8.count <= 8192, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw Fault(
        what: "the address is not usable", why: ["it has blanks or control characters, or is over 8192 bytes"])
    }
    switch scheme(of: text) {
    case nil, "git", "ssh": break
    case "http", "https":
      if !isRepository(text) { return .download(try download(text, checksum)) }
    case let scheme?:
      throw Fault(
        what: "ADD does not fetch `\(scheme)` addresses", why: ["`\(redacted(text))` is not http, https, git or ssh"],
        help: ["fetch it in `build_binaries` and ADD the file"])
    }
    return .repository(try RepositorySource(parsing: text, checksum: checksum, keepsGitDirectory: keepsGitDirectory))
  }

  private static func download(_ text: String, _ checksum: String?) throws(Fault) -> DownloadSource {
    guard let checksum else { return DownloadSource(url: text, digest: nil) }
    guard let digest = Digest(checksum), digest.algorithm == .sha256 else {
      throw Fault(what: "`\(checksum)` is not a digest", why: ["expected sha256: and 64 digits from 0 to f"])
    }
    return DownloadSource(url: text, digest: digest)
  }

  /// A URL without user and password, and without the query, which can hold tokens; other texts as they are.
  static func redacted(_ text: String) -> String {
    guard scheme(of: text) != nil, let start = text.range(ofBytes: "://") else { return text }
    let rest = text[start...]
    let authority = rest.prefix { !"/?#".contains($0) }
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    let behind = rest[authority.endIndex...]
    let isGit = isRepository(text) || scheme(of: text) == "git" || scheme(of: text) == "ssh"
    return String(text[..<start] + host + (isGit ? behind : behind.prefix { $0 != "?" }))
  }

  /// The lower-case scheme of `scheme://…`; nil for anything else.
  static func scheme(of text: String) -> String? {
    guard let start = text.range(ofBytes: "://") else { return nil }
    let scheme = text[..<start].dropLast(3).lowercased()
    guard let first = scheme.utf8.first, (0x61...0x7A).contains(first),
      scheme.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0) })
    else { return nil }
    return scheme
  }

  /// `user@host:path`, the short form of ssh that git knows.
  private static func isSecureShellPath(_ text: String) -> Bool {
    guard let at = text.firstIndex(of: "@"), let colon = text[at...].firstIndex(of: ":") else { return false }
    func isName(_ part: Substring) -> Bool {
      !part.isEmpty && part.first != "-"
        && part.utf8.allSatisfy { byte in
          switch byte {
          case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
          default: "-_.".utf8.contains(byte)
          }
        }
    }
    return isName(text[..<at]) && isName(text[text.index(after: at)..<colon]) && text[colon...].count > 1
  }

  /// Whether the path of a URL ends in `.git`.
  private static func isRepository(_ text: String) -> Bool {
    text.prefix { $0 != "#" && $0 != "?" }.hasSuffix(".git")
  }

  /// Text with `%41` as `A`; nil for what is not UTF-8, or an escape that is not one.
  static func percentDecoded(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), value != 0
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension String {
  /// Where the text behind the first occurrence of `needle` starts.
  fileprivate func range(ofBytes needle: String) -> Index? {
    let bytes = Array(needle.utf8)
    var start = utf8.startIndex
    while start < utf8.endIndex {
      if utf8[start...].starts(with: bytes) { return utf8.index(start, offsetBy: bytes.count) }
      start = utf8.index(after: start)
    }
    return nil
  }
}
