import Glibc
import Limiters
import Logging
import Platform
import Stores
import Synchronization

/// Hears how requests ended and refunds those that do not count: one thread, apart from all requests.
///
/// The thread starts with the first rules that need it.
final class Settler: Sendable {
    /// What became of receipts and reports since the start.
    struct Counts {
        /// Reports by result.
        var reports: [Result: Int] = [:]
        /// Receipts without a report for as long as the timeout.
        var lost = 0
    }

    /// What a report led to.
    ///
    /// The raw value is the name in metrics.
    enum Result: String, CaseIterable {
        /// The request counts, so its charge stays.
        case counted
        /// Units were given back.
        case refunded
        /// The receipt was settled before.
        case repeated
        /// The receipt is older than a day.
        case expired
        /// The report does not have a receipt of this store.
        case invalid
        /// The store failed, so the charge stays.
        case failed
    }

    private let store: ResilientStore
    private let address: DatagramAddress
    private let timeout: Microseconds
    private let logger: Logger
    private let secretBytes = Mutex<[UInt8]>([])
    private let issuers = Mutex<[ReceiptIssuer]>([])
    private let state = Mutex(Counts())
    private let thread = Mutex<RunningThread?>(nil)
    private let isStopping = Atomic<Bool>(false)
    private let hasSecret = WakeUp()
    private let socket = Mutex<DatagramSocket?>(nil)
    /// How many rounds of receiving and settling have begun, and how many are done.
    private let begun = Atomic<Int>(0)
    private let done = Atomic<Int>(0)
    private let refunded = Atomic<Int>(0)
    /// The longest pause between two rounds, in microseconds.
    private static let interval: Microseconds = 200_000

    /// A settler that has not started.
    ///
    /// - Parameters:
    ///   - store: the store that charges.
    ///   - address: where reports arrive.
    ///   - timeout: how long after its charge a request without a report counts as lost.
    ///   - logger: gets a line about what does not work.
    init(_ store: ResilientStore, _ address: DatagramAddress, timeout: Microseconds, _ logger: Logger) {
        self.store = store
        self.address = address
        self.timeout = timeout
        self.logger = logger
    }

    /// The secret that authenticates receipts; empty while it is not known.
    var secret: [UInt8] { secretBytes.withLock { $0 } }

    /// What became of receipts and reports.
    var counts: Counts { state.withLock { $0 } }

    /// How many receipts were given.
    var issued: Int64 { issuers.withLock { $0.reduce(0) { $0 + $1.issued } } }

    /// An issuer for one event loop.
    func makeIssuer() -> ReceiptIssuer {
        let issuer = ReceiptIssuer()
        issuers.withLock { $0.append(issuer) }
        return issuer
    }

    /// Starts the thread, unless it runs.
    func start() {
        thread.withLock { thread in
            guard thread == nil else { return }
            thread = startJoinedThread { [self] in run() }
        }
    }

    /// Waits until receipts can be given, at most a second.
    func waitForSecret() { hasSecret.wait(1_000_000) }

    /// Settles what has arrived, and ends the thread.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        thread.withLock { $0 }?.join()
    }

    /// Waits until all reports are settled that have arrived, at most half a second.
    ///
    /// - Parameter seen: the ``refundCount`` before.
    /// - Returns: whether anything was refunded since then.
    func catchUp(since seen: Int) -> Bool {
        let isBehind = { [self] in
            socket.withLock { $0?.hasMessages() == true }
                || begun.load(ordering: .acquiring) > done.load(ordering: .acquiring)
        }
        // The round that begins next settles all that is there now.
        let target = begun.load(ordering: .acquiring) + 1
        let end = steadyMicroseconds() + 500_000
        while isBehind(), done.load(ordering: .acquiring) < target, steadyMicroseconds() < end { usleep(100) }
        return refundCount != seen
    }

    /// How many reports have led to refunds.
    var refundCount: Int { refunded.load(ordering: .acquiring) }

    private func run() {
        var settlement = Settlement(store, timeout: timeout)
        var hasComplained = false
        while true {
            let isLast = isStopping.load(ordering: .acquiring)
            let hasReports = waitForReports(&hasComplained)
            begun.add(1, ordering: .releasing)
            settle(socket.withLock { $0 }?.receive() ?? [], &settlement)
            done.add(1, ordering: .releasing)
            if isLast, !hasReports { return }
        }
    }

    /// Waits for reports, or for the address if another process has it: that one may settle the reports meanwhile.
    private func waitForReports(_ hasComplained: inout Bool) -> Bool {
        if let socket = socket.withLock({ $0 }) { return socket.hasMessages(within: Self.interval) }
        do throws(DatagramError) {
            let opened = try DatagramSocket(address)
            socket.withLock { $0 = opened }
        } catch {
            if !hasComplained {
                logger.warning(
                    """
                    \(error); until this limiter can listen there, reports reach only the program that does: name another \
                    address by --reports if that is not a limiter of this store
                    """)
            }
            hasComplained = true
            usleep(UInt32(Self.interval))
        }
        return false
    }

    private func settle(_ messages: [[UInt8]], _ settlement: inout Settlement) {
        let results = settlement.settle(messages)
        let lost = settlement.countLost(issuers.withLock { $0 })
        secretBytes.withLock { $0 = settlement.secret.bytes }
        if !settlement.secret.bytes.isEmpty { hasSecret.signal() }
        let isFirstLoss = state.withLock { state in
            for result in results { state.reports[result, default: 0] += 1 }
            defer { state.lost += lost }
            return lost > 0 && state.lost == 0
        }
        refunded.add(results.count { $0 == .refunded }, ordering: .releasing)
        if isFirstLoss {
            logger.warning(
                """
                \(lost) requests were not reported to \(address), so they count however they ended: the web server \
                needs report.conf, as its guide says under "Limits that depend on the answer"
                """)
        }
    }
}
