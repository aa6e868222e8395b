import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension Transport {
  /// A failure of the network as a `RegistryError`; errors that are not the network's are returned as they are.
  static func explain(_ error: any Error, request: RegistryRequest, stallTimeout: Duration) -> any Error {
    if error is RegistryError { return error }
    if Task.isCancelled { return CancellationError() }
    let registry = request.endpoint.registry
    func failure(_ kind: RegistryError.Kind, _ why: String, help: String? = nil) -> RegistryError {
      RegistryError(
        kind, "cannot \(request.purpose)", place: request.place, why: [why], help: help,
        isTransient: kind != .certificate)
    }
    switch error {
    case let error as HTTPClientError:
      return explain(error, stallTimeout: stallTimeout, failure: failure)
    case let error as NIOConnectionError:
      if let first = error.connectionErrors.first { return unreachable(first.error, request, failure) }
      return failure(
        .unreachable, "the name \(error.host) cannot be resolved", help: "check the spelling of \(registry), and DNS")
    case let error as IOError: return unreachable(error, request, failure)
    case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
      return certificate(error, request, failure)
    case let error as ChannelError:
      if case .connectTimeout = error { return unreachable(error, request, failure) }
      return failure(.connection, "the connection was closed before the answer was complete")
    case is HTTPParserError:
      return failure(.connection, "the answer is not complete HTTP")
    default: return error
    }
  }

  private static func explain(
    _ error: HTTPClientError, stallTimeout: Duration,
    failure: (RegistryError.Kind, String, String?) -> RegistryError
  ) -> RegistryError {
    switch error {
    case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout:
      failure(.unreachable, "no connection in time", "check the name, the network and the firewall")
    case .readTimeout, .writeTimeout:
      failure(.connection, "nothing moved for \(stallTimeout.components.seconds) s", nil)
    case .remoteConnectionClosed, .uncleanShutdown:
      failure(.connection, "the connection was closed before the answer was complete", nil)
    case .bodyLengthMismatch:
      failure(.connection, "the file in the store is shorter than its descriptor says", "remove the damaged blob")
    default: failure(.connection, "\(error)", nil)
    }
  }

  private static func unreachable(
    _ error: any Error, _ request: RegistryRequest, _ failure: (RegistryError.Kind, String, String?) -> RegistryError
  ) -> RegistryError {
    let origin = request.url.origin
    guard let error = error as? IOError else {
      return failure(.unreachable, "no connection to \(origin.authority): \(error)", nil)
    }
    switch error.errnoCode {
    case ECONNREFUSED:
      let hint =
        origin.scheme == .https
        ? "is it running? for plain HTTP set `insecure = true` for \(request.endpoint.registry) in registries.conf"
        : "is it running? try `curl \(origin)/v2/`"
      return failure(.unreachable, "\(origin.authority) refuses connections", hint)
    case ECONNRESET, EPIPE, ENOTCONN:
      return failure(.connection, "the connection was reset by \(origin.authority)", nil)
    default:
      return failure(
        .unreachable, "no connection to \(origin.authority): \(String(cString: strerror(error.errnoCode)))", nil)
    }
  }

  private static func certificate(
    _ error: any Error, _ request: RegistryRequest, _ failure: (RegistryError.Kind, String, String?) -> RegistryError
  ) -> RegistryError {
    let text = "\(error)"
    let authority = request.url.origin.authority
    if text.contains("WRONG_VERSION_NUMBER") {
      return failure(
        .certificate, "\(authority) does not speak TLS",
        "for plain HTTP set `insecure = true` for \(request.endpoint.registry) in registries.conf")
    }
    if text.contains("uncleanShutdown") || text.contains("eofDuringHandshake") {
      return failure(.connection, "the connection was closed before the answer was complete", nil)
    }
    return failure(
      .certificate, "TLS with \(authority) failed: \(RegistryMessage.printable(text, limit: 200))",
      "put the CA of \(authority) into ~/.config/containers/certs.d/\(authority)/ca.crt")
  }
}
