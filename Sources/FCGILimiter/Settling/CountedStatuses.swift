import Limiters
import Synchronization

/// The status of the latest request that counted, by client and policy, for the latest 4,096 to 8,192 of them.
final class CountedStatuses: Sendable {
    private struct State {
        var recent: [Key: Int] = [:]
        var older: [Key: Int] = [:]
    }

    private static let capacity = 4_096

    private let state = Mutex(State())

    /// The status for the client and the policy of a key; `nil` if none is known.
    subscript(key: Key) -> Int? {
        get { state.withLock { $0.recent[key] ?? $0.older[key] } }
        set {
            state.withLock { state in
                if state.recent.count >= Self.capacity { (state.recent, state.older) = ([:], state.recent) }
                state.recent[key] = newValue
            }
        }
    }
}
