import Limiters
import Platform
import Synchronization

/// What all event loops of a process have counted: since the start, in the last hour, and not yet recorded.
public final class Ledger: Sendable {
    /// A series and an outcome.
    public struct Owner: Hashable, Sendable {
        /// What the requests are counted by.
        public let series: Series
        /// What became of them.
        public let outcome: Outcome
    }

    private struct State {
        var pending = Batch()
        var sinceStart: [Owner: DecisionCount] = [:]
        var lastHour = LastHour()
        var units: [String: UnitCounts] = [:]
        var storeErrors: [String: Int64] = [:]
        var storeError: String?
        var eventsDropped: Int64 = 0

        mutating func add(_ counts: [String: UnitCounts], now: Microseconds, isRecorded: Bool) {
            units.merge(counts, uniquingKeysWith: +)
            if isRecorded { pending.add(counts, now: now) }
        }
    }

    private static let collectInterval: Microseconds = 1_000_000

    private let tallies: [Tally]
    private let recordsClients: Bool
    private let state = Mutex(State())

    /// An empty ledger.
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

    /// Starts a thread that collects once per second.
    ///
    /// A process that has a ``Recorder`` does not need it.
    public func startCollecting() {
        startThread { [self] in
            let pause = WakeUp()
            while true {
                collect()
                pause.wait(Self.collectInterval)
            }
        }
    }

    /// Collects what the loops have counted, which is booked to the current minute.
    ///
    /// Counts carry no times, so somebody has to call this about once per second.
    public func collect() {
        let minute = Self.minute
        let now = wallMicroseconds()
        state.withLock { state in
            state.storeError = nil
            for tally in tallies {
                let (counts, errors, error) = tally.collect()
                state.storeErrors.merge(errors) { $0.saturatingAdding($1) }
                state.storeError = state.storeError ?? error
                for loopCounts in counts {
                    loopCounts.forEach { index, outcome, count in
                        let series = loopCounts.series[index]
                        state.sinceStart[Owner(series: series, outcome: outcome), default: DecisionCount()] += count
                        state.lastHour.add(count.requests, series.endpoint, outcome, minute: minute)
                    }
                    var charged: [String: UnitCounts] = [:]
                    for (index, units) in loopCounts.charged {
                        charged[loopCounts.series[index].policy, default: UnitCounts()].charged.saturatingAdd(units)
                    }
                    state.add(charged, now: now, isRecorded: recordsClients)
                    if recordsClients { state.eventsDropped.saturatingAdd(state.pending.add(loopCounts, now: now)) }
                }
            }
        }
    }

    private static var minute: Int64 { steadyMicroseconds() / 60_000_000 }

    /// The counts since the start.
    public var sinceStart: [Owner: DecisionCount] {
        collect()
        return state.withLock(\.sinceStart)
    }

    /// The counts of the last 60 minutes, this one included.
    public var lastHour: EndpointCounts {
        collect()
        return collectedLastHour
    }

    /// The counts of the last 60 minutes that were collected before.
    var collectedLastHour: EndpointCounts { state.withLock { $0.lastHour.counts(until: Self.minute) } }

    /// The units since the start of each policy that depends on how requests end.
    public var units: [String: UnitCounts] {
        collect()
        return state.withLock(\.units)
    }

    /// Counts units by policy.
    public func count(_ units: [String: UnitCounts]) {
        state.withLock { $0.add(units, now: wallMicroseconds(), isRecorded: recordsClients) }
    }

    /// Batches since the start that the store did not decide, by kind of failure.
    public var storeErrors: [String: Int64] {
        collect()
        return state.withLock(\.storeErrors)
    }

    /// Records that something has just happened to this limiter.
    public func annotate(_ kind: Annotation.Kind, _ text: String) {
        let annotation = Annotation(time: wallMicroseconds(), kind: kind, text: text)
        state.withLock { state in
            if recordsClients { state.pending.add(annotation) }
        }
    }

    /// Blocked requests that were counted but not kept in detail.
    public var eventsDropped: Int64 { state.withLock(\.eventsDropped) }

    /// One line that says what is wrong with the store; `nil` while it decides.
    public var storeError: String? { state.withLock(\.storeError) }

    /// Hands over what is to be recorded.
    func takePending() -> Batch {
        state.withLock { state in
            defer { state.pending = Batch() }
            return state.pending
        }
    }

    /// Takes back a batch that could not be recorded; it accumulates with later counts.
    func putBack(_ batch: Batch) {
        state.withLock { state in
            var whole = batch
            state.eventsDropped.saturatingAdd(whole.add(state.pending))
            state.pending = whole
        }
    }

    /// The number of requests that are to be recorded.
    var pendingRequests: Int64 { state.withLock(\.pending.requests) }

    /// Notes that the details of blocked requests were given up after they were kept.
    func noteDroppedEvents(_ count: Int64) {
        state.withLock { $0.eventsDropped.saturatingAdd(count) }
    }
}
