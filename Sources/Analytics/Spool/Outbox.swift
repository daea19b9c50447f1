import Limiters
import Platform
import Synchronization

/// From the ledger to the spool: makes batches of what was counted, each with its number.
///
/// Where the spool takes nothing (a full disk), one batch is in hand and what comes meanwhile accumulates in the ledger.
final class Outbox: Sendable {
    private struct State {
        var sequence: Int64 = 0
        /// A batch that is in no file.
        var inHand: (json: [UInt8], requests: Int64)?
        var isTroubled = false
        /// When the process last counted something, or was last heard of.
        var lastCounted: Microseconds
        var lastSign: Microseconds = .min / 2
    }

    /// How often a process says that it lives: while it counts, and while it does not.
    private static let signInterval: (busy: Microseconds, idle: Microseconds) = (10_000_000, 30_000_000)

    let spool: Spool
    private let ledger: Ledger
    private let text: BatchText
    private let connections: @Sendable () -> Int
    private let storeError: (@Sendable () -> String?)?
    private let report: @Sendable (RecorderNotice) -> Void
    private let state: Mutex<State>

    init(
        _ ledger: Ledger, _ text: BatchText, _ spool: Spool, connections: @escaping @Sendable () -> Int,
        storeError: (@Sendable () -> String?)?, report: @escaping @Sendable (RecorderNotice) -> Void
    ) {
        self.ledger = ledger
        self.text = text
        self.spool = spool
        self.connections = connections
        self.storeError = storeError
        self.report = report
        state = Mutex(State(lastCounted: steadyMicroseconds()))
    }

    /// Batches that are not written yet.
    var backlog: Int { spool.count + state.withLock { $0.inHand == nil ? 0 : 1 } }

    /// How long nothing has been counted.
    var idleTime: Microseconds { steadyMicroseconds() - state.withLock(\.lastCounted) }

    /// Makes a batch of what was counted, if there is something, or if it is time for a sign of life.
    ///
    /// - Parameter saysSigns: whether there are signs of life; while PostgreSQL is away they would only fill the spool.
    func fill(saysSigns: Bool) {
        ledger.collect()
        let now = steadyMicroseconds()
        let (used, room) = (spool.count, spool.room)
        state.withLock { state in
            guard state.inHand == nil else { return }
            var batch = ledger.takePending()
            if !batch.isEmpty { state.lastCounted = now }
            let isBusy = now - state.lastCounted < Self.signInterval.busy
            let signDue = state.lastSign + (isBusy ? Self.signInterval.busy : Self.signInterval.idle)
            guard !batch.isEmpty || (saysSigns && used == 0 && now >= signDue) else { return }
            state.lastSign = now

            var error: SpoolError?
            if room == .none { error = SpoolError(text: "the spool is full") }
            if room == .little {
                ledger.noteDropped(Int64(batch.blocked.count))
                batch.dropDetail()
            }
            let json = text.bytes(batch, sequence: state.sequence + 1, processState(used))
            if error == nil {
                do throws(SpoolError) { try spool.append(json) } catch let failure { error = failure }
            }
            note(error, &state)
            if error == nil {
                state.sequence += 1
            } else if used == 0 {
                state.sequence += 1
                state.inHand = (json, batch.requests)
            } else {
                ledger.putBack(batch)
            }
        }
    }

    /// The batch that is in no file; it comes after all that are.
    var inHand: [UInt8]? { state.withLock { $0.inHand?.json } }

    /// Notes that PostgreSQL has it.
    func confirmInHand() {
        state.withLock { $0.inHand = nil }
    }

    /// How many requests are counted nowhere but in this process.
    var requestsInMemory: Int64 { ledger.pendingRequests + state.withLock { $0.inHand?.requests ?? 0 } }

    private func processState(_ backlog: Int) -> ProcessState {
        ProcessState(
            storeError: storeError.map { $0() } ?? ledger.storeError,
            storeErrors: ledger.storeErrors.values.reduce(0, +),
            connections: connections(), backlog: backlog, spooled: spool.bytes, eventsDropped: ledger.eventsDropped)
    }

    private func note(_ error: SpoolError?, _ state: inout State) {
        if let error, !state.isTroubled {
            report(.problem("\(error); counts stay in memory, and a process that is killed loses them"))
        } else if error == nil, state.isTroubled {
            report(.recovery("the spool takes counts again"))
        }
        state.isTroubled = error != nil
    }
}
