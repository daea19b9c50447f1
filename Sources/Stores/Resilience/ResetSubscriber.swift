import Limiters
import Logging
import Platform
import Synchronization

/// Listens for resets, so that no event loop keeps refusing a client whose quotas were reset.
///
/// Any thread may ask it.
final class ResetSubscriber: Sendable {
    private let location: StoreLocation
    private let deadlines: RedisDeadlines
    private let logger: Logger
    private let from = Atomic<Microseconds>(0)
    private let until = Atomic<Microseconds>(0)
    private let hasWarned = Atomic<Bool>(false)
    private let reconnector = Reconnector()

    /// A subscriber that is not started yet.
    init(_ location: StoreLocation, deadlines: RedisDeadlines, logger: Logger) {
        self.location = location
        self.deadlines = deadlines
        self.logger = logger
    }

    /// Which cached refusals can be relied on now.
    var trust: RefusalCache.Trust {
        RefusalCache.Trust(from: from.load(ordering: .acquiring), until: until.load(ordering: .acquiring))
    }

    /// Starts the thread that listens.
    func start() {
        reconnector.start { [self] () throws(StoreError) in
            do throws(StoreError) {
                guard let subscription = try location.resetSubscription(deadlines: deadlines) else { return .rest }
                return try listen(to: subscription)
            } catch {
                // An unreachable server is reported by the monitor.
                if error.kind == .misconfigured || error.kind == .refused,
                    !hasWarned.exchange(true, ordering: .relaxed)
                {
                    logger.warning("\(error); refusals are cached for a second only")
                }
                throw error
            }
        }
    }

    /// Listens until the connection breaks.
    private func listen(to subscription: ResetSubscription) throws(StoreError) -> Reconnector.Next {
        // Nothing is known of resets before the subscription.
        let now = steadyMicroseconds()
        from.store(now, ordering: .releasing)
        until.store(now, ordering: .releasing)
        while true {
            switch try subscription.next() {
            case .reset: from.store(steadyMicroseconds(), ordering: .releasing)
            case .quiet(let moment): until.store(moment, ordering: .releasing)
            }
        }
    }
}
