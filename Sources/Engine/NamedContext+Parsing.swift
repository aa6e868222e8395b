import Components
import Diagnostics
import Linux
import OCI
import Planning
import SystemPackage

extension NamedContext {
  /// Reads the value of `--build-context NAME=VALUE`; a directory has to be there.
  ///
  /// - Parameter base: the directory that relative paths start from.
  /// - Throws: one diagnostic at the argument.
  init(parsing value: String, name: String, from base: FilePath) throws(DiagnosticsError) {
    func fault(_ what: String, why: [String] = [], help: [String] = []) -> DiagnosticsError {
      DiagnosticsError(.error(what, at: "--build-context \(name)=\(value)", why: why, help: help))
    }
    func absolute(_ path: some StringProtocol) -> FilePath {
      let typed = FilePath(String(path))
      return (typed.isAbsolute ? typed : base.pushing(typed)).lexicallyNormalized()
    }
    if value == "docker-image://scratch" {
      self = .scratch
    } else if let text = Self.rest(of: value, behind: "docker-image://") {
      do throws(ReferenceError) {
        self = .image(try Reference(parsing: text))
      } catch {
        throw fault(error.description)
      }
    } else if let text = Self.rest(of: value, behind: "oci-layout://") {
      guard let layout = Self.layout(text, absolute: absolute) else {
        throw fault("what follows `@` is not a digest", help: ["write oci-layout://DIR, DIR:TAG or DIR@sha256:…"])
      }
      self = .layout(layout)
    } else if let text = Self.rest(of: value, behind: "component:") {
      guard let component = ComponentName(text) else { throw fault("`\(text)` is not the name of a component") }
      self = .component(component)
    } else {
      for scheme in ["http://", "https://", "git://", "ssh://", "git@", "target:", "input:"]
      where value.hasPrefix(scheme) {
        throw fault(
          "a build context cannot come from `\(scheme)…`",
          why: ["it is a directory, docker-image://REFERENCE, oci-layout://DIRECTORY or component:NAME"],
          help: ["fetch it first and give its directory"])
      }
      let path = absolute(value)
      do throws(Errno) {
        _ = try Directory(at: path)
      } catch {
        throw fault("the directory cannot be opened", why: ["\(error)"])
      }
      self = .directory(path.string)
    }
  }

  private static func rest(of value: String, behind scheme: String) -> Substring? {
    value.hasPrefix(scheme) ? value.dropFirst(scheme.count) : nil
  }

  /// `DIR`, `DIR:TAG`, `DIR@DIGEST` or `DIR:TAG@DIGEST`.
  private static func layout(_ text: Substring, absolute: (Substring) -> FilePath) -> ImageLayout? {
    var rest = text
    var digest: Digest?
    if let at = rest.lastIndex(of: "@") {
      digest = Digest(rest[rest.index(after: at)...])
      guard digest != nil else { return nil }
      rest = rest[..<at]
    }
    var tag: String?
    if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
      tag = String(rest[rest.index(after: colon)...])
      rest = rest[..<colon]
    }
    return ImageLayout(directory: absolute(rest).string, tag: tag, digest: digest)
  }
}
