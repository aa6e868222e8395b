import Distribution
import OCI
import Planning
import Progress

extension Workshop {
  /// Runs `body`, and meanwhile sends the blobs of the images that it hands over, when the set is going to be published.
  ///
  /// The network is busy while the cores compress, instead of after it. Tags move only in the publication, and so does
  /// every fault that matters: one that happens here happens there again.
  func sendingAhead<R: Sendable>(
    _ body: @escaping @Sendable (@escaping @Sendable (Descriptor, Planning.CellID) -> Void) async throws -> R
  ) async throws -> R {
    guard resolved.set.settings.push.value else { return try await body { _, _ in } }
    let (images, queue) = AsyncStream.makeStream(of: (Descriptor, Planning.CellID).self)
    return try await withThrowingTaskGroup(of: R?.self) { group in
      group.addTask {
        defer { queue.finish() }
        return try await body { queue.yield(($0, $1)) }
      }
      group.addTask {
        await withTaskGroup(of: Bool.self) { senders in
          var running = 0
          var isWorking = true
          for await (image, id) in images where isWorking {
            if running >= 2 { isWorking = await senders.next() ?? true }
            running += 1
            // After a fault it is the publication that tries again and says what is wrong.
            if isWorking { senders.addTask { await sendAhead(image, id) } }
          }
        }
        return nil
      }
      var result: R?
      while let next = try await group.next() { result = next ?? result }
      guard let result else { throw CancellationError() }
      return result
    }
  }

  /// Whether the image's blobs are at their destination.
  private func sendAhead(_ image: Descriptor, _ id: Planning.CellID) async -> Bool {
    guard let reference = try? plan.names.reference(of: id.component) else { return false }
    do {
      try await client.sendAhead(image, to: reference, from: store) { [events] event in
        if let event = BuildEvent.transfer(event) { events(event) }
      }
      return true
    } catch {
      return false
    }
  }
}
