import Limiters
import Platform
import Synchronization

/// What all event loops of a process have decided: since the start, in the last hour, and what is still to be written.
public final class Ledger: Sendable {
    /// A series and an outcome.
    public struct Owner: Hashable, Sendable {
        /// By what it is counted.
        public let series: Series
        /// What became of the requests.
        public let outcome: Outcome
    }

    private struct State {
        var pending = Batch()
        var sinceStart: [Owner: DecisionCount] = [:]
        /// A ring: the minute that a slot was last used for, and what it counted in that.
        var minutes = [(minute: Int64, counts: EndpointCounts)](repeating: (-1, EndpointCounts()), count: 60)
        var storeErrors: [String: Int64] = [:]
        var storeError: String?
        var eventsDropped: Int64 = 0
    }

    private let tallies: [Tally]
    private let recordsClients: Bool
    private let state = Mutex(State())

    /// No counts.
    ///
    /// - Parameters:
    ///   - loops: how many loops count.
    ///   - recordsClients: whether clients and blocked requests are kept in detail, for ``Recorder``.
    public init(loops: Int, recordsClients: Bool) {
        tallies = (0..<loops).map { _ in Tally(recordsClients: recordsClients) }
        self.recordsClients = recordsClients
    }

    /// The tally of the loop with this index.
    public subscript(loop: Int) -> Tally { tallies[loop] }

    /// Takes what the loops have counted; cheap where they have counted nothing.
    ///
    /// At least once in a while somebody has to, because pages keep no times.
    public func collect() {
        let minute = steadyMicroseconds() / 60_000_000
        let now = wallMicroseconds()
        state.withLock { state in
            var storeError: String?
            let droppedBefore = state.pending.droppedEvents
            for tally in tallies {
                let (pages, errors, error) = tally.take()
                state.storeErrors.merge(errors, uniquingKeysWith: +)
                storeError = storeError ?? error
                for page in pages {
                    let slot = Int(minute % 60)
                    if state.minutes[slot].minute != minute { state.minutes[slot] = (minute, EndpointCounts()) }
                    page.forEach { index, outcome, count in
                        let series = page.table.series[index]
                        state.sinceStart[Owner(series: series, outcome: outcome), default: DecisionCount()] += count
                        state.minutes[slot].counts.add(count.requests, series.endpoint, outcome)
                    }
                    if recordsClients { state.pending.add(page, now: now) }
                }
            }
            state.storeError = storeError
            state.eventsDropped += state.pending.droppedEvents - droppedBefore
        }
    }

    /// The counts since the start.
    public var sinceStart: [Owner: DecisionCount] {
        collect()
        return state.withLock(\.sinceStart)
    }

    /// The counts of the last 60 minutes, this one included.
    public var lastHour: EndpointCounts {
        collect()
        let minute = steadyMicroseconds() / 60_000_000
        return state.withLock { state in
            state.minutes.reduce(into: EndpointCounts()) { if $1.minute > minute - 60 { $0.add($1.counts) } }
        }
    }

    /// Batches that the store did not decide since the start, by kind of failure.
    public var storeErrors: [String: Int64] {
        collect()
        return state.withLock(\.storeErrors)
    }

    /// Blocked requests that were counted and not kept in detail.
    public var eventsDropped: Int64 { state.withLock(\.eventsDropped) }

    /// One line on what is wrong with the store; `nil` while it decides.
    var storeError: String? { state.withLock(\.storeError) }

    /// Takes what is to be written.
    func takePending() -> Batch {
        state.withLock { state in
            defer { state.pending = Batch() }
            return state.pending
        }
    }

    /// Gives back what could not be written; it accumulates with what comes.
    func putBack(_ batch: Batch) {
        state.withLock { state in
            var whole = batch
            whole.add(state.pending)
            state.eventsDropped += whole.droppedEvents - batch.droppedEvents - state.pending.droppedEvents
            state.pending = whole
        }
    }

    /// How many requests are still to be written.
    var pendingRequests: Int64 { state.withLock(\.pending.requests) }

    /// Notes that so many blocked requests were left out on their way.
    func noteDropped(_ count: Int64) {
        state.withLock { $0.eventsDropped += count }
    }
}
