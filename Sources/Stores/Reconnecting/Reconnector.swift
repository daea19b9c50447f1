import Limiters
import Platform
import Synchronization

/// A thread that makes attempts to connect, so that no request waits for one.
///
/// After a failed attempt the thread pauses as ``BackOff`` says and tries again.
final class Reconnector: Sendable {
    /// What follows an attempt that succeeded.
    enum Next {
        /// The next attempt, at once.
        case again
        /// The next attempt when ``wake()`` is called.
        case rest
    }

    private enum State {
        case idle, running, stopped
    }

    private let wakeUp = WakeUp()
    private let state = Mutex(State.idle)

    /// Starts the thread, if it has not been started.
    ///
    /// - Parameter attempt: connects, hands the connection over and says what follows; called on the thread. An error makes
    ///   the thread pause, and is not reported.
    func start(_ attempt: @escaping @Sendable () throws(StoreError) -> Next) {
        let starts = state.withLock { state in
            guard case .idle = state else { return false }
            state = .running
            return true
        }
        if starts { startThread { [self] in run(attempt) } }
    }

    /// Starts the next attempt, unless the thread pauses after a failure.
    func wake() {
        wakeUp.signal()
    }

    /// Ends the thread after its present attempt.
    func stop() {
        state.withLock { $0 = .stopped }
        wakeUp.signal()
    }

    private var isStopped: Bool {
        state.withLock { if case .stopped = $0 { true } else { false } }
    }

    private func run(_ attempt: () throws(StoreError) -> Next) {
        var backOff = BackOff()
        while !isStopped {
            do throws(StoreError) {
                if case .rest = try attempt() { wakeUp.wait(nil) }
            } catch {
                let now = steadyMicroseconds()
                let end = now + backOff.pause(afterFailureAt: now)
                while !isStopped, case let left = end - steadyMicroseconds(), left > 0 { wakeUp.wait(left) }
            }
        }
    }
}
