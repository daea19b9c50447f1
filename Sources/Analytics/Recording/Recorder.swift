import Glibc
public import Limiters
import Platform
import Synchronization

/// Writes what a process counts to PostgreSQL, once a second, without a request ever waiting for it.
///
/// Two threads: one takes the counts and puts them into the spool, whatever the database does; the other writes what is in
/// the spool. PostgreSQL may be away, slow, full or restarted meanwhile.
public final class Recorder: Sendable {
    private struct State {
        var isStopping = false
        /// What is wrong with PostgreSQL; `nil` while it takes batches.
        var trouble: PostgresError.Kind?
        var lastHour: (counts: EndpointCounts, time: Microseconds)?
        var lastHourAsked: Microseconds = .min / 2
    }

    private static let interval: Microseconds = 1_000_000
    /// How long a process that counts nothing keeps its connection: many processes share those that PostgreSQL has.
    private static let idleTime: Microseconds = 10_000_000
    private static let longestPause: Microseconds = 5_000_000
    /// How old the last hour's counts may be: where somebody asks for them, and when they are too old to be shown.
    private static let lastHourAge: (fresh: Microseconds, usable: Microseconds) = (2_000_000, 15_000_000)

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
    ///   - ledger: where the counts are; it must record clients.
    ///   - process: this process.
    ///   - connections: how many connections it has from web servers.
    ///   - storeError: one line on what is wrong with the store now; `nil` says what the last batch of each loop met.
    ///   - report: takes what an operator should know; called on any thread.
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
            ledger, BatchText(recorder: name, process: process, names: settings.names),
            Spool(settings.spool, name: name), connections: connections, storeError: storeError,
            report: report)
    }

    /// A random UUID.
    private static func newName() -> String {
        let digits = (0..<2).map { _ in
            let text = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        let cuts = [0, 8, 12, 16, 20, 32].map { digits.index(digits.startIndex, offsetBy: $0) }
        return zip(cuts, cuts.dropFirst()).map { digits[$0..<$1] }.joined(separator: "-")
    }

    /// Batches that PostgreSQL does not have yet.
    public var backlog: Int { outbox.backlog }

    /// How many bytes of the spool they take.
    public var spooledBytes: Int { outbox.spool.bytes }

    /// Whether PostgreSQL takes batches, as far as is known.
    public var isWriting: Bool { state.withLock { $0.trouble == nil } }

    /// The last hour's counts over all processes, at most some seconds old; `nil` where they are not known.
    ///
    /// It does not wait: where they are not known yet they are asked for.
    public func lastHour() -> EndpointCounts? {
        let now = steadyMicroseconds()
        let (counts, isFresh) = state.withLock { state in
            state.lastHourAsked = now
            let age = state.lastHour.map { now - $0.time } ?? .max
            return (
                age <= Self.lastHourAge.usable && state.trouble == nil ? state.lastHour?.counts : nil,
                age <= Self.lastHourAge.fresh
            )
        }
        if !isFresh { writing.signal() }
        return counts
    }

    /// Starts the threads and returns.
    public func start() {
        startThread { [self] in
            while !state.withLock(\.isStopping) {
                outbox.fill(saysSigns: isWriting)
                writing.signal()
                counting.wait(Self.interval)
            }
        }
        startThread { [self] in
            let writer = makeWriter()
            var pause = Self.interval
            while true {
                if turn(writer) {
                    pause = Self.interval
                    writing.wait(writer.isConnected ? Self.idleTime : Self.idleTime * 6)
                } else {
                    // Not all at once: with the database many limiters have lost theirs.
                    let end = steadyMicroseconds() + Microseconds.random(in: pause / 2...pause)
                    while steadyMicroseconds() < end, !state.withLock(\.isStopping) {
                        writing.wait(end - steadyMicroseconds())
                    }
                    if state.withLock(\.isStopping) { usleep(50_000) }
                    pause = min(pause * 2, Self.longestPause)
                }
            }
        }
    }

    private func makeWriter() -> Writer {
        Writer(settings.location, settings.retention, outbox.spool, report: report)
    }

    /// Writes what waits and does what is due.
    ///
    /// - Returns: whether PostgreSQL did its part.
    private func turn(_ writer: Writer) -> Bool {
        do throws(PostgresError) {
            try writer.drain()
            if let json = outbox.inHand {
                try writer.write([UInt8(ascii: "[")] + json + [UInt8(ascii: "]")], count: 1)
                outbox.confirmInHand()
            }
            guard !state.withLock(\.isStopping) else { return true }
            if writer.isConnected { try writer.lookAfter() }
            let now = steadyMicroseconds()
            let (asked, taken) = state.withLock { ($0.lastHourAsked, $0.lastHour?.time ?? .min / 2) }
            let isAsked = now - asked < 60_000_000
            if isAsked || writer.isConnected,
                now - taken > (isAsked ? Self.lastHourAge.fresh : Self.lastHourAge.fresh * 5)
            {
                let counts = try writer.lastHour()
                state.withLock { $0.lastHour = (counts, now) }
            }
            if writer.isConnected { note(nil) }
            if outbox.idleTime > Self.idleTime, !isAsked { writer.disconnect() }
            return true
        } catch {
            note(error)
            return false
        }
    }

    private func note(_ error: PostgresError?) {
        let before = state.withLock { state in
            defer { state.trouble = error?.kind }
            return state.trouble
        }
        if let error, error.kind != before {
            report(.problem("\(error); until it takes them, counts are kept in \(settings.spool)"))
        } else if error == nil, before != nil {
            report(.recovery("PostgreSQL takes counts again"))
        }
    }

    /// Records what was counted in a process of one request, and returns when it is written, or in the spool.
    public func recordOnce() {
        outbox.fill(saysSigns: false)
        guard outbox.backlog > 0 else { return }
        if !turn(makeWriter()), outbox.requestsInMemory > 0 {
            report(.problem("\(outbox.requestsInMemory) requests could not be recorded"))
        }
        outbox.spool.close()
    }

    /// Writes what was counted; what PostgreSQL does not take within so long waits in the spool for another process.
    public func stop(within time: Microseconds = 1_500_000) {
        outbox.fill(saysSigns: false)
        state.withLock { $0.isStopping = true }
        counting.signal()
        writing.signal()
        let end = steadyMicroseconds() + time
        while outbox.backlog > 0, steadyMicroseconds() < end { usleep(2_000) }
        // What was in hand kept the rest back.
        if outbox.backlog == 0, outbox.requestsInMemory > 0 {
            outbox.fill(saysSigns: false)
            writing.signal()
            while outbox.backlog > 0, steadyMicroseconds() < end { usleep(2_000) }
        }
        let lost = outbox.requestsInMemory
        if lost > 0 { report(.problem("\(lost) requests could not be recorded")) }
        outbox.spool.close()
    }
}
