import FoundationEssentials

/// What proves to one registry who is asking; printing it shows nothing secret.
package enum Credential: Hashable, Sendable {
  case password(user: String, password: String)
  /// A refresh token of an identity provider, exchanged for access tokens at the token server; `user` is whom the file
  /// names beside it.
  case identityToken(String, user: String? = nil)
  /// A bearer token that somebody else got from the token server, for the registry itself.
  case registryToken(String)

  /// The value of an `Authorization` header; nil for tokens, of which none is ever a registry's password.
  var basicAuthorization: String? {
    guard case .password(let user, let password) = self else { return nil }
    return Self.basic(user, password)
  }

  /// What a token server takes by GET: an identity token stands for the password there, under the name that docker's
  /// credential helpers give it when there is none.
  var tokenServerAuthorization: String? {
    guard case .identityToken(let token, let user) = self else { return basicAuthorization }
    return Self.basic(user ?? "<token>", token)
  }

  private static func basic(_ user: String, _ password: String) -> String {
    "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
  }
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String {
    switch self {
    case .password(let user, _): "password of \(user) (redacted)"
    case .identityToken: "identity token (redacted)"
    case .registryToken: "registry token (redacted)"
    }
  }

  package var debugDescription: String { description }

  package var customMirror: Mirror { Mirror(self, children: []) }
}
