import Dockerfile
import OCI
import Testing

@testable import Planning

@Suite("sources of ADD that are elsewhere")
struct RemoteSourceTests {
  private static func source(
    _ text: String, checksum: String? = nil, keepsGitDirectory: Bool = false
  ) throws -> CopyStep.Source {
    try RemoteSource.source(text, checksum: checksum, keepsGitDirectory: keepsGitDirectory)
  }

  @Test(
    "what is a path and what is not",
    arguments: [
      ("a.tar", "path"), ("http:/x", "path"), ("dir/git@host:x", "path"), ("github.com/a/b.git", "path"),
      ("x@y", "path"), ("a b@host:x", "path"), ("https://host/x", "download"), ("HTTP://host/x.git.gz", "download"),
      ("https://host/x.git", "repository"), ("https://host/x.git#main", "repository"),
      ("https://host/x?f=y.git", "download"), ("git@host:a/b", "repository"), ("ssh://git@host/a/b", "repository"),
      ("git://host/a", "repository"),
    ])
  func kinds(text: String, kind: String) throws {
    let found =
      switch try Self.source(text) {
      case .path: "path"
      case .download: "download"
      case .repository: "repository"
      }
    #expect(found == kind)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var text: String
    var url = "https://host/x.git"
    var reference: String?
    var commit: String?
    var directory = ""
    var keeps = false
    var testDescription: String { text }
  }

  @Test(
    "parts of a git address",
    arguments: [
      Row(text: "https://host/x.git"), Row(text: "https://host/x.git#"),
      Row(text: "https://host/x.git#v1", reference: "v1"),
      Row(text: "https://host/x.git#v1:a/b", reference: "v1", directory: "a/b"),
      Row(text: "https://host/x.git#:/a/./b/", directory: "a/b"),
      Row(text: "https://host/x.git?branch=a%2Fb&subdir=d", reference: "refs/heads/a/b", directory: "d"),
      Row(text: "https://host/x.git?tag=v1&commit=ABC", reference: "refs/tags/v1", commit: "abc"),
      Row(text: "https://host/x.git?ref=r&keep-git-dir=true", reference: "r", keeps: true),
      Row(text: "git@host:x.git#refs/pull/1/head", url: "git@host:x.git", reference: "refs/pull/1/head"),
      Row(text: "ssh://u@host:22/x?subdir=s", url: "ssh://u@host:22/x", directory: "s"),
    ])
  func addresses(row: Row) throws {
    guard case .repository(let source) = try Self.source(row.text) else {
      Issue.record("not a repository")
      return
    }
    let expected = RepositorySource(
      url: row.url, reference: row.reference, commit: row.commit, directory: row.directory,
      keepsGitDirectory: row.keeps)
    #expect(source == expected)
  }

  @Test(
    "what is refused",
    arguments: [
      ("file:///etc/passwd", nil), ("ftp://host/x", nil), ("s3://b/x", nil), ("https://ho st/x", nil),
      ("https://host/x", "sha256:12"), ("https://host/x", "sha512:" + String(repeating: "a", count: 128)),
      ("https://host/x.git", "xyz"), ("https://host/x.git?a=b", nil), ("https://host/x.git?ref=a#b", nil),
      ("https://host/x.git#-u", nil), ("https://host/x.git#a..b", nil), ("https://host/x.git#:../x", nil),
      ("https://host/x.git?branch=a&tag=b", nil), ("https://host/x.git?commit=aa", "ab"),
      ("https://host/x.git?submodules=perhaps", nil),
    ] as [(String, String?)])
  func refused(text: String, checksum: String?) {
    #expect(throws: RemoteSource.Fault.self) { try Self.source(text, checksum: checksum) }
  }

  @Test(
    "file names come from the path alone",
    arguments: [
      ("https://host/a/b.tar.gz", "b.tar.gz"), ("https://host/a/b?c=d/e", "b"), ("https://host/a%20b#x", "a b"),
      ("https://host/a/", "a"), ("https://host", nil), ("https://host/", nil), ("https://host?x=/y", nil),
      ("https://host/..", nil), ("https://host/a%2Fb", nil), ("https://host/%00", nil),
    ] as [(String, String?)])
  func fileNames(url: String, name: String?) { #expect(DownloadSource(url: url, digest: nil).fileName == name) }

  @Test(
    "credentials are never shown",
    arguments: [
      ("https://user:secret@host/x?token=t", "https://host/x"), ("https://host/x", "https://host/x"),
      ("https://u:p@host/x.git#v1:d", "https://host/x.git#v1:d"), ("ssh://git@host/x", "ssh://host/x"),
      ("git@host:x", "git@host:x"), ("a@b", "a@b"), ("https://a@b@host/x", "https://host/x"),
    ])
  func redacted(text: String, shown: String) { #expect(RemoteSource.redacted(text) == shown) }

  @Test("history does not hold them either")
  func history() throws {
    let stage = try LoweredStage("ADD https://user:secret@host/x?token=t /d/")
    #expect(stage.history == ["ADD https://host/x /d/"])
    #expect(stage.copy?.sources == [.download(DownloadSource(url: "https://user:secret@host/x?token=t", digest: nil))])
    #expect(stage.copy?.unpacksDownloads == false)
    #expect(try LoweredStage("ADD --unpack https://host/x /d/").copy?.unpacksDownloads == true)
  }

  @Test("a commit that is named in full needs nobody to be asked")
  func fixed() throws {
    let commit = String(repeating: "a", count: 40)
    func fixed(_ text: String, _ checksum: String? = nil) throws -> String? {
      guard case .repository(let source) = try Self.source(text, checksum: checksum) else { return nil }
      return source.fixedCommit
    }
    #expect(try fixed("https://h/x.git#\(commit)") == commit)
    #expect(try fixed("https://h/x.git", commit) == commit)
    #expect(try fixed("https://h/x.git?branch=m&commit=\(commit)", "aaa") == commit)
    #expect(try fixed("https://h/x.git#main", "aaa") == nil)
  }
}
