import AsyncHTTPClient
import Content
import NIOCore
import NIOHTTP1
import OCI

/// The blobs of one repository as a source for whoever reads content from several kinds of places.
package struct RegistryBlobs: BlobSource {
  let client: RegistryClient
  let reference: Reference

  /// Streams a blob from the first server that has it.
  ///
  /// A fault is repeated, and another mirror asked, only as long as `consume` has not seen anything: it could not be
  /// told to forget what it has.
  /// - Throws: `RegistryError`, and what `consume` throws.
  package func read(_ descriptor: Descriptor, _ consume: ([UInt8]) async throws -> Void) async throws {
    let endpoints = try await client.pullEndpoints(for: reference)
    var hasStarted = false
    var received: Int64 = 0
    for (position, endpoint) in endpoints.enumerated() {
      let request = RegistryRequest(
        .GET, endpoint.blob(descriptor.digest), of: endpoint,
        to: "read blob \(descriptor.digest.short) of \(endpoint.registry)/\(endpoint.repository)")
      do {
        return try await client.settings.retry.run {
          do {
            try await client.performOnce(request) { response in
              for try await piece in response.body {
                hasStarted = true
                received += Int64(piece.readableBytes)
                guard received <= descriptor.size else {
                  throw RegistryClient.violation(request, "the blob is larger than \(descriptor.size) bytes")
                }
                try await consume(Array(piece.readableBytesView))
              }
            }
          } catch let error as RegistryError where hasStarted {
            throw error.lasting
          }
        }
      } catch is RegistryError where !hasStarted && position + 1 < endpoints.count {
        continue
      }
    }
  }
}
