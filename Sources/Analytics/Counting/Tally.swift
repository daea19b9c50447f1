import Synchronization

/// What one event loop counts.
///
/// The loop adds to it once a tick, by a lock that nobody else wants but for a moment each second, when its counts are taken.
public final class Tally: Sendable {
    struct State {
        var page: LoopCounts
        /// Pages of rules that were in force before.
        var finished: [LoopCounts] = []
        var storeErrors: [String: Int64] = [:]
        /// One line on what is wrong with the store; `nil` while it decides.
        var storeError: String?
    }

    private let state: Mutex<State>

    init(recordsClients: Bool) {
        state = Mutex(State(page: LoopCounts(SeriesTable([]), recordsClients: recordsClients)))
    }

    /// Counts by other rules from now on.
    public func use(_ table: SeriesTable) {
        state.withLock { state in
            let next = LoopCounts(table, recordsClients: state.page.recordsClients)
            if !state.page.isEmpty { state.finished.append(state.page) }
            state.page = next
        }
    }

    /// Counts the requests of a tick, by calls of `body` on the page.
    public func count(_ body: (inout LoopCounts) -> Void) {
        state.withLock { body(&$0.page) }
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

    /// Takes what was counted; the loop goes on with empty pages.
    func take() -> (pages: [LoopCounts], storeErrors: [String: Int64], storeError: String?) {
        state.withLock { state in
            var pages = state.finished
            state.finished = []
            if !state.page.isEmpty {
                pages.append(state.page)
                state.page = LoopCounts(state.page.table, recordsClients: state.page.recordsClients)
            }
            defer { state.storeErrors = [:] }
            return (pages, state.storeErrors, state.storeError)
        }
    }
}
