/// How often and how long a request is repeated before its failure is believed.
package struct RetryPolicy: Sendable {
  /// Attempts in all, the first included.
  package var attempts = 6
  /// Attempts in all when no connection can be made, which is mostly a wrong name or a server that is not running.
  package var connectionAttempts = 3
  /// Wait before the second attempt; doubled for each one after that.
  package var firstDelay: Duration = .milliseconds(200)
  /// The longest wait between two attempts, whatever the registry asks for.
  package var longestDelay: Duration = .seconds(30)
  /// All waits of one request together; when the next one would exceed it, the failure stands.
  package var budget: Duration = .seconds(90)
  /// How time passes; tests let it pass at once.
  package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

  package init() {}

  /// The wait before attempt `attempt + 1`: what the registry asked for, else half fixed and half by chance, so that
  /// many clients do not come back at the same moment.
  ///
  /// `chance` is in 0...1.
  func delay(after attempt: Int, retryAfter: Duration?, chance: Double) -> Duration {
    if let retryAfter { return min(max(retryAfter, .zero), longestDelay) }
    let full = min(firstDelay * (1 << min(attempt - 1, 16)), longestDelay)
    return full / 2 + full / 2 * chance
  }

  /// Repeats `body` while it fails with a transient `RegistryError` and the budget lasts.
  ///
  /// - Throws: the last failure, with the number of attempts among its reasons.
  func run<T>(_ body: () async throws -> T) async throws -> T {
    var waited = Duration.zero
    var attempt = 1
    while true {
      do {
        return try await body()
      } catch let error as RegistryError where error.isTransient {
        let limit = error.kind == .unreachable ? connectionAttempts : attempts
        let next = delay(after: attempt, retryAfter: error.retryAfter, chance: Double.random(in: 0...1))
        guard attempt < limit, waited + next <= budget else {
          throw attempt == 1 ? error : error.because("tried \(attempt) times in vain")
        }
        waited += next
        attempt += 1
        try await sleep(next)
      }
    }
  }
}
