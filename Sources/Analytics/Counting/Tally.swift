import Synchronization

/// The counter of one event loop.
///
/// The loop locks it once per tick. Nobody else wants the lock, except for a moment each second to collect the counts.
public final class Tally: Sendable {
    struct State {
        var counts: LoopCounts
        /// Counts by earlier rules that were not collected yet.
        var finished: [LoopCounts] = []
        var storeErrors: [String: Int64] = [:]
        /// One line that says what is wrong with the store; `nil` while it decides.
        var storeError: String?
    }

    private let state: Mutex<State>

    init(recordsClients: Bool) {
        state = Mutex(State(counts: LoopCounts([], recordsClients: recordsClients)))
    }

    /// Counts by the series of other rules from now on.
    public func use(_ series: [Series]) {
        state.withLock { state in
            let next = LoopCounts(series, recordsClients: state.counts.recordsClients)
            if !state.counts.isEmpty { state.finished.append(state.counts) }
            state.counts = next
        }
    }

    /// Counts the requests of a tick: `body` adds them to the counts.
    public func count(_ body: (inout LoopCounts) -> Void) {
        state.withLock { body(&$0.counts) }
    }

    /// Notes that the store decided a batch.
    public func noteSuccess() {
        state.withLock { if $0.storeError != nil { $0.storeError = nil } }
    }

    /// Notes that the store did not decide a batch.
    ///
    /// - Parameters:
    ///   - kind: the kind of failure, as metrics name it.
    ///   - description: one line.
    public func noteFailure(_ kind: String, _ description: String) {
        state.withLock { state in
            state.storeErrors[kind, default: 0] += 1
            state.storeError = description
        }
    }

    /// Hands over what was counted; the loop continues with empty counts.
    func collect() -> (counts: [LoopCounts], storeErrors: [String: Int64], storeError: String?) {
        state.withLock { state in
            var counts = state.finished
            state.finished = []
            if !state.counts.isEmpty {
                counts.append(state.counts)
                state.counts = LoopCounts(state.counts.series, recordsClients: state.counts.recordsClients)
            }
            defer { state.storeErrors = [:] }
            return (counts, state.storeErrors, state.storeError)
        }
    }
}
