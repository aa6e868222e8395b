import Dockerfile

/// An argument that gives commands something, in the syntax of `docker build`, before anything is looked up.
///
/// See [docker buildx build](https://docs.docker.com/reference/cli/docker/buildx/build/), `--secret` and `--ssh`.
package enum GrantArgument {
  /// Where a secret's bytes are.
  package enum SecretPlace: Hashable, Sendable {
    case file(String)
    case variable(String)
  }

  /// What is wrong with an argument: a text that fits behind its name.
  package struct Fault: Error, Hashable, CustomStringConvertible {
    package let description: String
  }

  /// Reads `id=ID[,src=FILE|,env=NAME][,type=file|env]`; with an id alone, a variable of that name, else such a file.
  ///
  /// - Parameter isVariable: whether a variable of this name is set.
  package static func secret(
    _ text: String, isVariable: (String) -> Bool
  ) throws(Fault) -> (id: String, place: SecretPlace) {
    let fields = try fields(text, known: ["id", "src", "source", "env", "type"])
    guard let id = fields["id"], !id.isEmpty, !id.contains("/") else {
      throw Fault(description: "needs an id without slashes: id=ID,src=FILE or id=ID,env=NAME")
    }
    let file = fields["src"] ?? fields["source"]
    let variable = fields["env"]
    if file != nil, variable != nil { throw Fault(description: "takes src or env, not both") }
    switch fields["type"] {
    case nil, "file":
      if let variable {
        if fields["type"] != nil { throw Fault(description: "of type file takes src, not env") }
        return (id, .variable(variable))
      }
      if let file { return (id, .file(file)) }
      return (id, fields["type"] == nil && isVariable(id) ? .variable(id) : .file(id))
    case "env": return (id, .variable(variable ?? file ?? id))
    case let type?: throw Fault(description: "has no type `\(type)`, only file and env")
    }
  }

  /// Reads `default`, `ID` or `ID=SOCKET`; without a socket, the agent of the session.
  package static func agent(_ text: String) throws(Fault) -> (id: String, socket: String?) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let id = parts.first, !id.isEmpty else { throw Fault(description: "takes default, ID or ID=SOCKET") }
    guard parts.count == 2 else { return (id, nil) }
    guard !parts[1].isEmpty, !parts[1].contains(",") else {
      throw Fault(description: "takes one socket; imgset hands on an agent and holds no keys (add them with ssh-add)")
    }
    return (id, parts[1])
  }

  private static func fields(_ text: String, known: Set<String>) throws(Fault) -> [String: String] {
    guard let parts = MountFlag.commaSeparated(Array(text.utf8)) else {
      throw Fault(description: "has a quote that does not close")
    }
    var fields: [String: String] = [:]
    for part in parts.map({ String(decoding: $0, as: UTF8.self) }) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard pair.count == 2 else { throw Fault(description: "takes KEY=VALUE, separated by commas, not `\(part)`") }
      let key = pair[0].lowercased()
      guard known.contains(key) else { throw Fault(description: "has no key `\(key)`") }
      guard fields.updateValue(pair[1], forKey: key) == nil else { throw Fault(description: "has `\(key)` twice") }
    }
    return fields
  }
}
