import Limiters
import Platform
import Synchronization

/// Turns what the ledger has counted into numbered batches and puts them into the spool.
///
/// If the spool accepts nothing (a full disk), one batch is held here and later counts accumulate in the ledger.
final class Outbox: Sendable {
    private struct State {
        var sequence: Int64 = 0
        /// A batch that is in no file.
        var held: (json: [UInt8], requests: Int64)?
        var throttle = NoticeThrottle()
        /// When the process last counted something, and when it last made a batch.
        var lastCounted: Microseconds
        var lastBatch: Microseconds = .min / 2
        var hasStoreError = false
    }

    /// How often a process makes a batch to show that it is alive, whether or not it counts.
    ///
    /// The dashboard considers a process dead after one and a half intervals of silence.
    private static let heartbeatInterval: Microseconds = 5_000_000

    let spool: Spool
    private let ledger: Ledger
    private let json: BatchJSON
    private let connections: @Sendable () -> Int
    private let storeError: (@Sendable () -> String?)?
    private let report: @Sendable (RecorderNotice) -> Void
    private let state: Mutex<State>

    init(
        _ ledger: Ledger, _ json: BatchJSON, _ spool: Spool, connections: @escaping @Sendable () -> Int,
        storeError: (@Sendable () -> String?)?, report: @escaping @Sendable (RecorderNotice) -> Void
    ) {
        self.ledger = ledger
        self.json = json
        self.spool = spool
        self.connections = connections
        self.storeError = storeError
        self.report = report
        state = Mutex(State(lastCounted: steadyMicroseconds()))
    }

    /// Batches that are not written yet.
    var backlog: Int { spool.count + state.withLock { $0.held == nil ? 0 : 1 } }

    /// How long nothing has been counted.
    var idleTime: Microseconds { steadyMicroseconds() - state.withLock(\.lastCounted) }

    /// Makes a batch of what was counted, if there is something or a heartbeat is due.
    ///
    /// - Parameters:
    ///   - sendsHeartbeats: whether to send heartbeats; while PostgreSQL is unavailable they would only fill the spool.
    ///   - isEnding: whether the process stops. Its last heartbeat is due then.
    func fill(sendsHeartbeats: Bool, isEnding: Bool = false) {
        ledger.collect()
        annotateStore()
        let now = steadyMicroseconds()
        let (backlog, room) = (spool.count, spool.room)
        state.withLock { state in
            guard state.held == nil else { return }
            var batch = ledger.takePending()
            if !batch.isEmpty { state.lastCounted = now }
            let isHeartbeatDue = isEnding || now >= state.lastBatch + Self.heartbeatInterval
            guard !batch.isEmpty || (sendsHeartbeats && backlog == 0 && isHeartbeatDue) else { return }
            state.lastBatch = now

            if room == .little { ledger.noteDroppedEvents(batch.dropDetail()) }
            let bytes = json.bytes(batch, sequence: state.sequence + 1, processState(backlog, isEnding))
            let error = append(bytes, room)
            note(error, &state, now)
            if error == nil {
                state.sequence += 1
            } else if backlog == 0 {
                state.sequence += 1
                state.held = (bytes, batch.requests)
            } else {
                ledger.putBack(batch)
            }
        }
    }

    /// Annotates the beginning and the end of an outage of the store.
    private func annotateStore() {
        let error = currentStoreError
        let changes = state.withLock { state in
            defer { state.hasStoreError = error != nil }
            return state.hasStoreError != (error != nil)
        }
        guard changes else { return }
        ledger.annotate(error == nil ? .storeUp : .storeDown, error ?? "the store decides again")
    }

    private var currentStoreError: String? { storeError.map { $0() } ?? ledger.storeError }

    /// Appends a batch to the spool, and returns why that failed, in one line.
    private func append(_ json: [UInt8], _ room: Spool.Room) -> String? {
        guard room != .none else { return "the spool is full" }
        do throws(PrivateFolderError) {
            try spool.append(json)
            return nil
        } catch {
            return error.description
        }
    }

    /// The batch that is in no file; its number follows those of all that are.
    var held: [UInt8]? { state.withLock { $0.held?.json } }

    /// Notes that PostgreSQL has written the batch held here.
    func confirmHeld() {
        state.withLock { $0.held = nil }
    }

    /// The number of requests that are counted only in the memory of this process.
    var requestsInMemory: Int64 { ledger.pendingRequests.saturatingAdding(state.withLock { $0.held?.requests ?? 0 }) }

    private func processState(_ backlog: Int, _ isEnding: Bool) -> ProcessState {
        ProcessState(
            storeError: currentStoreError,
            storeErrors: ledger.storeErrors.values.saturatingSum,
            connections: connections(), backlog: backlog, spooled: spool.bytes, eventsDropped: ledger.eventsDropped,
            isEnding: isEnding)
    }

    private func note(_ error: String?, _ state: inout State, _ now: Microseconds) {
        guard let error else {
            if state.throttle.end() { report(.recovery("the spool accepts counts again")) }
            return
        }
        let line = "\(error); counts stay in memory, and are lost if the process is killed"
        if let line = state.throttle.begin(line, kind: error, now: now) { report(.problem(line)) }
    }
}
