import Glibc
public import Limiters
import Platform
import Synchronization
import TextFormats

/// Writes the counts of a process to PostgreSQL, once per second.
///
/// No request waits for the recorder. One thread puts the counts into the spool, whatever the database does, and another one
/// writes the spool to the database. PostgreSQL may be unavailable, slow, full or restarted meanwhile.
public final class Recorder: Sendable {
    private struct State {
        var isStopping = false
        var failure: PostgresError?
        var lastWrite: Microseconds?
        var lostBatches = 0
        var throttle = NoticeThrottle()
        var lastHour: (counts: EndpointCounts, time: Microseconds)?
        var lastHourAsked: Microseconds = .min / 2
    }

    private static let interval: Microseconds = 1_000_000
    /// How long a process that counts nothing keeps its connection: PostgreSQL has few, and many processes share them.
    private static let idleTime: Microseconds = 10_000_000
    private static let maximumPause: Microseconds = 5_000_000
    /// At which age the last hour's counts are queried again, and at which they are too old to be shown.
    private static let lastHourAge: (stale: Microseconds, unusable: Microseconds) = (2_000_000, 15_000_000)

    private let settings: RecorderSettings
    private let ledger: Ledger
    private let outbox: Outbox
    private let report: @Sendable (RecorderNotice) -> Void
    private let counting = WakeUp()
    private let writing = WakeUp()
    private let state = Mutex(State())

    /// A recorder that does not run yet.
    ///
    /// - Parameters:
    ///   - settings: what is recorded where.
    ///   - ledger: the counts; it must record clients.
    ///   - process: this process.
    ///   - connections: returns the number of connections from web servers.
    ///   - storeError: returns one line that says what is wrong with the store now. `nil` takes the ledger's: what the last
    ///     batch of a loop met.
    ///   - report: called with lines for the operator, on any thread.
    public init(
        _ settings: RecorderSettings, _ ledger: Ledger, _ process: RecordedProcess,
        connections: @escaping @Sendable () -> Int, storeError: (@Sendable () -> String?)? = nil,
        report: @escaping @Sendable (RecorderNotice) -> Void
    ) {
        self.settings = settings
        self.ledger = ledger
        self.report = report
        let name = Self.newName()
        outbox = Outbox(
            ledger, BatchJSON(recorder: name, process: process, names: settings.names),
            Spool(settings.spool, name: name), connections: connections, storeError: storeError,
            report: report)
    }

    /// A random UUID.
    private static func newName() -> String {
        let digits = zeroPadded(UInt128.random(in: 0 ... .max), to: 32, radix: 16)
        let cuts = [0, 8, 12, 16, 20, 32].map { digits.index(digits.startIndex, offsetBy: $0) }
        return zip(cuts, cuts.dropFirst()).map { digits[$0..<$1] }.joined(separator: "-")
    }

    /// The number of batches that are not in PostgreSQL yet.
    public var backlog: Int { outbox.backlog }

    /// The size of the batches in the spool, in bytes.
    public var spooledBytes: Int { outbox.spool.bytes }

    /// Why PostgreSQL does not accept counts; `nil` while it does, and before it was first asked.
    public var failure: PostgresError? { state.withLock(\.failure) }

    /// When PostgreSQL last accepted a batch, by the steady clock; `nil` before the first one.
    public var lastWrite: Microseconds? { state.withLock(\.lastWrite) }

    /// The number of batches that PostgreSQL rejected, so that their counts are lost.
    public var lostBatches: Int { state.withLock(\.lostBatches) }

    /// The counts of the last hour over all processes, at most some seconds old; `nil` if the counts are unknown.
    ///
    /// This does not wait: counts that are unknown or stale are queried in the background.
    public func lastHour() -> EndpointCounts? {
        let now = steadyMicroseconds()
        let (counts, isFresh) = state.withLock { state in
            state.lastHourAsked = now
            let age = state.lastHour.map { now - $0.time } ?? .max
            return (
                age <= Self.lastHourAge.unusable && state.failure == nil ? state.lastHour?.counts : nil,
                age <= Self.lastHourAge.stale
            )
        }
        if !isFresh { writing.signal() }
        return counts
    }

    /// Starts the threads and returns.
    public func start() {
        startThread { [self] in
            while !state.withLock(\.isStopping) {
                outbox.fill(sendsHeartbeats: failure == nil)
                writing.signal()
                counting.wait(Self.interval)
            }
        }
        startThread { [self] in
            let writer = makeWriter()
            var pause = Self.interval
            while true {
                do throws(PostgresError) {
                    try work(writer)
                    pause = Self.interval
                    writing.wait(writer.isConnected ? Self.idleTime : Self.idleTime * 6)
                } catch {
                    note(error)
                    // Random, so that the limiters that lost their connections together do not reconnect together.
                    let end = steadyMicroseconds() + Microseconds.random(in: pause / 2...pause)
                    while steadyMicroseconds() < end, !state.withLock(\.isStopping) {
                        writing.wait(end - steadyMicroseconds())
                    }
                    if state.withLock(\.isStopping) { usleep(50_000) }
                    pause = min(pause * 2, Self.maximumPause)
                }
            }
        }
    }

    private func makeWriter() -> Writer {
        Writer(settings.location, settings.retention, outbox.spool, report: report)
    }

    /// Writes the batches that wait, and does the maintenance that is due.
    ///
    /// - Throws: ``PostgresError``, for the caller to note.
    private func work(_ writer: Writer) throws(PostgresError) {
        defer { state.withLock { ($0.lastWrite, $0.lostBatches) = (writer.lastWrite, writer.lostBatches) } }
        try writer.drain()
        if let json = outbox.held {
            try writer.write([UInt8(ascii: "[")] + json + [UInt8(ascii: "]")], count: 1)
            outbox.confirmHeld()
        }
        guard !state.withLock(\.isStopping) else { return }
        // Without counts to write, only this shows that PostgreSQL is back.
        if failure != nil { try writer.withConnection { _ in } }
        if writer.isConnected { try writer.maintain() }
        let now = steadyMicroseconds()
        let (asked, queried) = state.withLock { ($0.lastHourAsked, $0.lastHour?.time ?? .min / 2) }
        let isAsked = now - asked < 60_000_000
        if isAsked || writer.isConnected,
            now - queried > (isAsked ? Self.lastHourAge.stale : Self.lastHourAge.stale * 5)
        {
            let counts = try writer.lastHour()
            state.withLock { $0.lastHour = (counts, now) }
        }
        if writer.isConnected { note(nil) }
        if outbox.idleTime > Self.idleTime, !isAsked { writer.disconnect() }
    }

    private func note(_ error: PostgresError?) {
        let notice = state.withLock { state -> RecorderNotice? in
            state.failure = error
            guard let error else {
                return state.throttle.end() ? .recovery("PostgreSQL accepts counts again") : nil
            }
            let line = "\(error); counts wait in \(settings.spool) until PostgreSQL accepts them"
            return state.throttle.begin(line, kind: error.kind.rawValue, now: steadyMicroseconds()).map { .problem($0) }
        }
        if let notice { report(notice) }
    }

    /// Records what a process of one request has counted, and returns when it is in PostgreSQL or in the spool.
    public func recordOnce() {
        outbox.fill(sendsHeartbeats: false)
        guard outbox.backlog > 0 else { return }
        do throws(PostgresError) {
            try work(makeWriter())
        } catch {
            // One process reports an outage. Later ones, one for each request, find its file.
            if !outbox.spool.hasOtherFiles { note(error) }
        }
        close()
    }

    /// Writes what was counted and stops.
    ///
    /// What PostgreSQL does not accept within `time` stays in the spool for another process.
    public func stop(within time: Microseconds = 1_500_000) {
        outbox.fill(sendsHeartbeats: failure == nil, isEnding: true)
        state.withLock { $0.isStopping = true }
        counting.signal()
        writing.signal()
        let end = steadyMicroseconds() + time
        while outbox.backlog > 0, steadyMicroseconds() < end { usleep(2_000) }
        // While a batch was held, later counts stayed in the ledger.
        if outbox.backlog == 0, outbox.requestsInMemory > 0 {
            outbox.fill(sendsHeartbeats: false, isEnding: true)
            writing.signal()
            while outbox.backlog > 0, steadyMicroseconds() < end { usleep(2_000) }
        }
        close()
    }

    /// Ends the recording, and reports how many requests are only in memory.
    private func close() {
        let lost = outbox.requestsInMemory
        if lost > 0 { report(.problem("\(lost) requests could not be recorded")) }
        outbox.spool.close()
    }
}
