import CLinux
import SystemPackage

/// A socket of our own that leads to another one, so that it can have any owner and mode, and so that whoever connects
/// is to the other side this process.
///
/// Made for SSH agents, which answer to nobody but their user. Connections are served by `serve` until `stop`.
package final class SocketRelay: Sendable {
  private let listener: FileDescriptor
  private let target: FilePath
  private let end: WakeUp

  /// Connections at a time; more wait.
  private static let limit = 14

  /// Makes the socket `name` in a directory and listens on it.
  ///
  /// - Parameter target: the socket that connections are led to.
  package init(_ name: String, in directory: Directory, to target: FilePath) throws(Errno) {
    self.target = target
    end = try WakeUp()
    listener = try UnixSocket.listen(name, in: directory)
  }

  deinit { listener.closeQuietly() }

  /// Makes `serve` return soon, also one that is called later.
  package func stop() { end.signal() }

  /// Moves bytes in both directions until `stop`; blocks.
  package func serve() {
    var connections: [Connection] = []
    defer { for connection in connections { connection.close() } }
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      var watched = [end.descriptor] + connections.flatMap { [$0.client, $0.server] }
      if connections.count < Self.limit { watched.append(listener.rawValue) }
      var ready: UInt32 = 0
      guard cl_poll_readable(watched, CInt(watched.count), -1, &ready) >= 0, ready & 1 == 0 else { return }
      let isWanted = connections.count < Self.limit && ready & (1 << UInt32(watched.count - 1)) != 0
      var next: [Connection] = []
      for (index, connection) in connections.enumerated() {
        let bits = ready >> UInt32(1 + 2 * index)
        if Self.move(bits & 1 != 0, from: connection.client, to: connection.server, &buffer),
          Self.move(bits & 2 != 0, from: connection.server, to: connection.client, &buffer)
        {
          next.append(connection)
        } else {
          connection.close()
        }
      }
      connections = next
      if isWanted, let connection = accept() { connections.append(connection) }
    }
  }

  private struct Connection {
    let client: CInt
    let server: CInt

    func close() {
      _ = cl_close(client)
      _ = cl_close(server)
    }
  }

  /// nil when the other side cannot be reached, which the client sees as the end of the connection.
  private func accept() -> Connection? {
    guard let client = try? UnixSocket.accept(listener).rawValue else { return nil }
    let server = target.withPlatformString { cl_unix_connect($0) }
    guard server >= 0 else {
      _ = cl_close(client)
      return nil
    }
    return Connection(client: client, server: server)
  }

  /// Whether the connection goes on.
  private static func move(_ isReady: Bool, from: CInt, to: CInt, _ buffer: inout [UInt8]) -> Bool {
    guard isReady else { return true }
    let count = cl_read(from, &buffer, buffer.count)
    guard count > 0 else { return false }
    var sent = 0
    while sent < count {
      let more = buffer[sent..<Int(count)].withUnsafeBytes { cl_send(to, $0.baseAddress, $0.count) }
      guard more > 0 else { return false }
      sent += Int(more)
    }
    return true
  }
}

/// Stream sockets with a name in the file system; the caller closes what is opened.
package enum UnixSocket {
  /// Makes the socket `name` in a directory, however long the directory's path is, and listens on it.
  package static func listen(_ name: String, in directory: Directory) throws(Errno) -> FileDescriptor {
    FileDescriptor(rawValue: try check(cl_unix_listen(directory.descriptor.rawValue, name)))
  }

  /// Waits for a connection; blocks.
  package static func accept(_ listener: FileDescriptor) throws(Errno) -> FileDescriptor {
    FileDescriptor(rawValue: try check(cl_accept(listener.rawValue)))
  }
}
