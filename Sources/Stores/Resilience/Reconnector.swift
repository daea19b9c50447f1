import Dispatch
import Limiters
import Synchronization

/// Connects to a server that is away, on a thread of its own, until it is back: nobody waits for that.
final class Reconnector: Sendable {
    /// A connection on its way from the thread that made it to the one owner that uses it.
    private final class Parcel: @unchecked Sendable {
        // @unchecked: the thread lets go of it when it hands it over, and one owner takes it.
        let connection: ScriptedConnection

        init(_ connection: ScriptedConnection) {
            self.connection = connection
        }
    }

    private enum State {
        case idle
        case dialling
        case arrived(Parcel)
    }

    private let location: RedisLocation
    private let deadlines: RedisDeadlines
    private let state = Mutex(State.idle)

    init(_ location: RedisLocation, deadlines: RedisDeadlines) {
        self.location = location
        self.deadlines = deadlines
    }

    /// Begins, where it has not begun yet.
    func start() {
        let isNew = state.withLock { state in
            guard case .idle = state else { return false }
            state = .dialling
            return true
        }
        if isNew { dial(after: 0, pause: CircuitBreaker.pauses.lowerBound) }
    }

    /// The connection, once there is one; who takes it may start anew.
    func take() -> ScriptedConnection? {
        state.withLock { state in
            guard case .arrived(let parcel) = state else { return nil }
            state = .idle
            return parcel.connection
        }
    }

    private func dial(after delay: Microseconds, pause: Microseconds) {
        // Who lets go of it ends it.
        DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(Int(delay))) { [weak self] in
            guard let self else { return }
            do throws(StoreError) {
                let parcel = Parcel(try ScriptedConnection(RedisConnection(location, deadlines: deadlines)))
                state.withLock { $0 = .arrived(parcel) }
            } catch {
                dial(after: pause, pause: min(2 * pause, CircuitBreaker.pauses.upperBound))
            }
        }
    }
}
