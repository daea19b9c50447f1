import Glibc
import Limiters
import Logging
import Platform
import Stores
import Synchronization

/// Listens for resets, so that no event loop goes on refusing a client that has been given its quotas back.
///
/// Any thread may ask it.
final class ResetSubscriber: Sendable {
    /// The pauses between attempts to connect, in microseconds: the first, and the longest.
    private static let pauses: ClosedRange<UInt32> = 50_000...1_000_000

    private let location: StoreLocation
    private let deadlines: RedisDeadlines
    private let logger: Logger
    private let from = Atomic<Microseconds>(0)
    private let until = Atomic<Microseconds>(0)

    /// A watch that does not run yet.
    init(_ location: StoreLocation, deadlines: RedisDeadlines, logger: Logger) {
        self.location = location
        self.deadlines = deadlines
        self.logger = logger
    }

    /// How far what event loops remember can be relied on now.
    var trust: RefusalCache.Trust {
        RefusalCache.Trust(from: from.load(ordering: .acquiring), until: until.load(ordering: .acquiring))
    }

    /// Starts the thread that listens.
    func start() {
        startThread { [self] in
            var pause = Self.pauses.lowerBound
            var hasWarned = false
            while true {
                do throws(StoreError) {
                    guard let news = try location.resetSubscription(deadlines: deadlines) else { return }
                    pause = Self.pauses.lowerBound
                    try listen(to: news)
                } catch {
                    // One that is away is told of elsewhere.
                    if !hasWarned, error.kind == .misconfigured || error.kind == .refused {
                        hasWarned = true
                        logger.warning("\(error); refusals are remembered for a second only")
                    }
                }
                usleep(pause)
                pause = min(2 * pause, Self.pauses.upperBound)
            }
        }
    }

    private func listen(to news: ResetSubscription) throws(StoreError) {
        // Of what came before nothing is known.
        let now = steadyMicroseconds()
        from.store(now, ordering: .releasing)
        until.store(now, ordering: .releasing)
        while true {
            switch try news.next() {
            case .reset: from.store(steadyMicroseconds(), ordering: .releasing)
            case .quiet(let moment): until.store(moment, ordering: .releasing)
            }
        }
    }
}
