import Limiters
import Stores
import Synchronization

/// Checks of the store for `/health`, shared by all event loops: the store is asked at most once per second.
final class HealthCheck: Sendable {
    /// What a check has found.
    struct Result: Sendable {
        /// Why the store did not answer; `nil` if it did.
        let failure: StoreError?
        /// What is wrong although the store answered, such as a node of a cluster; `nil` if nothing is.
        let defect: StoreError?
        /// How long the store took.
        let latency: Microseconds
    }

    private static let interval: Microseconds = 1_000_000

    private let last = Mutex<(result: Result, time: Microseconds)?>(nil)

    /// The last result, or the one of `check` if that is older than a second.
    ///
    /// Loops that ask during a check wait for it: once per second, for the time that the store may take to answer.
    func result(now: Microseconds, _ check: () -> Result) -> Result {
        last.withLock { last in
            if let last, now - last.time < Self.interval { return last.result }
            let result = check()
            last = (result, now)
            return result
        }
    }
}
