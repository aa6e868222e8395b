/// The names of contexts that a build is given beside its own, which stand for stages and images of the file.
///
/// See [docker buildx build, "--build-context"](https://docs.docker.com/reference/cli/docker/buildx/build/#build-context).
package enum ContextName {
  /// The form in which names are compared: `docker.io/library/alpine:latest` and `Alpine` are both `alpine`.
  package static func key(_ text: String) -> String {
    var key = text.asciiLowercased
    for prefix in ["index.docker.io/", "docker.io/"] where key.hasPrefix(prefix) {
      key = String(key.dropFirst(prefix.count))
      if key.hasPrefix("library/") { key = String(key.dropFirst("library/".count)) }
    }
    if key.hasSuffix(":latest") { key = String(key.dropLast(":latest".count)) }
    return key
  }
}
