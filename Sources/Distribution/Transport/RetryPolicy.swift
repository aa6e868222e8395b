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

  /// Hears of every failure that is not the end, for `--debug`.
  package var trace: Trace = .silent

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
  /// - Parameter progress: bytes that need not be moved again; while an attempt adds at least 1 MiB to them, it does not
  ///   count, so that a long transfer over a bad line ends some time.
  /// - Throws: the last failure, with the number of attempts and the time waited among its reasons.
  func run<T>(progress: () -> Int64 = { 0 }, _ body: () async throws -> T) async throws -> T {
    var waited = Duration.zero
    var attempt = 1
    var reached = progress()
    while true {
      do {
        return try await body()
      } catch let error as RegistryError where error.isTransient {
        let now = progress()
        if now >= reached + 1 << 20 { (reached, attempt) = (now, 1) }
        let limit = error.kind == .unreachable ? connectionAttempts : attempts
        let next = delay(after: attempt, retryAfter: error.retryAfter, chance: Double.random(in: 0...1))
        guard attempt < limit, waited + next <= budget else {
          // Whoever repeats a larger piece of work does not repeat this once more.
          throw attempt == 1
            ? error.lasting
            : error.lasting.because("tried \(attempt) times, with \(Self.text(waited)) of waiting in between")
        }
        waited += next
        attempt += 1
        trace("\(error.place ?? error.what): \(error.why.first ?? "failed"); again in \(Self.text(next))")
        try await sleep(next)
      }
    }
  }

  private static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let tenths = attoseconds / 100_000_000_000_000_000
    return "\(seconds).\(tenths) s"
  }
}
