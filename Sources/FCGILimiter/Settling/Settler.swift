import Analytics
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
        /// The request cost more than it was charged at first, and nothing was given back.
        case charged
        /// The receipt was settled before.
        case repeated
        /// The receipt is older than a day.
        case expired
        /// The report does not have a receipt of this store.
        case invalid
        /// The store failed, so the charge stays.
        case failed
    }

    /// Whose units a receipt is about, and who therefore settles it.
    enum ChargedStore {
        /// The store.
        case store
        /// The machine's fallback store, which settles its receipts even while the store is down.
        case fallback
    }

    private let store: ResilientStore
    private let address: DatagramAddress
    private let timeout: Microseconds
    private let ledger: Ledger
    private let logger: Logger
    /// What the requests ended with that counted.
    let countedStatuses = CountedStatuses()
    private let secrets = Mutex<[ChargedStore: HMAC]>([:])
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
    /// When a round last began or was done.
    private let progress = Atomic<Microseconds>(0)
    /// How long requests wait for the settler to get on, in microseconds; longer than ``interval``.
    private static let waitLimit: Microseconds = 500_000
    /// The longest pause between two rounds, in microseconds.
    private static let interval: Microseconds = 200_000
    /// The shortest time between the beginnings of two rounds, in microseconds, so that a busy site's reports come together.
    private static let shortestRound: Microseconds = 2_000

    /// A settler that has not started.
    ///
    /// - Parameters:
    ///   - store: the store that charges.
    ///   - address: where reports arrive.
    ///   - timeout: how long after its charge a request without a report counts as lost.
    ///   - ledger: is told of losses and of units.
    ///   - logger: gets a line about what does not work.
    init(
        _ store: ResilientStore, _ address: DatagramAddress, timeout: Microseconds, _ ledger: Ledger, _ logger: Logger
    ) {
        self.store = store
        self.address = address
        self.timeout = timeout
        self.ledger = ledger
        self.logger = logger
    }

    /// What authenticates receipts; `nil` while the secret is not known.
    func hmac(of chargedStore: ChargedStore) -> HMAC? { secrets.withLock { $0[chargedStore] } }

    /// What became of receipts and reports.
    var counts: Counts { state.withLock { $0 } }

    /// How many receipts were given.
    var issued: Int64 { issuers.withLock { $0.reduce(0) { $0 + $1.issued } } }

    /// An issuer for one event loop.
    func makeIssuer(for chargedStore: ChargedStore) -> ReceiptIssuer {
        let issuer = ReceiptIssuer(for: chargedStore)
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

    /// The round after which all reports are settled that have arrived; `nil` if all are, or if the settler does not get on.
    var pendingRound: Int? {
        let current = begun.load(ordering: .acquiring)
        let isBehind =
            current > done.load(ordering: .acquiring) || socket.withLock { $0?.hasMessages() == true }
        // The round that begins next settles all that is there now.
        return isBehind && !isStuck ? current + 1 : nil
    }

    /// Whether nobody needs to wait for the end of a round any more: it is done, or the settler does not get on.
    func isOver(_ round: Int) -> Bool { done.load(ordering: .acquiring) >= round || isStuck }

    /// Whether a round takes longer than a request can wait, such as with a store that does not answer.
    private var isStuck: Bool { steadyMicroseconds() - progress.load(ordering: .relaxed) > Self.waitLimit }

    /// How many reports have led to refunds.
    var refundCount: Int { refunded.load(ordering: .acquiring) }

    private func run() {
        func settlement(_ store: any Store) -> Settlement {
            Settlement(store, timeout: timeout, ledger, countedStatuses)
        }
        var settlements = [ChargedStore.store: settlement(store.openAside())]
        if let fallback = store.openFallbackAside() { settlements[.fallback] = settlement(fallback) }
        var hasComplained = false
        var lastBegin: Microseconds = 0
        var annotated = (lost: 0, time: Microseconds(0))
        while true {
            let isLast = isStopping.load(ordering: .acquiring)
            let hasReports = waitForReports(&hasComplained)
            let early = Self.shortestRound - (steadyMicroseconds() - lastBegin)
            if early > 0 { usleep(UInt32(early)) }
            lastBegin = steadyMicroseconds()
            progress.store(lastBegin, ordering: .relaxed)
            begun.add(1, ordering: .releasing)
            settle(socket.withLock { $0 }?.receive() ?? [], &settlements)
            progress.store(steadyMicroseconds(), ordering: .relaxed)
            done.add(1, ordering: .releasing)
            annotateLosses(&annotated)
            if isLast, !hasReports { return }
        }
    }

    /// Tells the charts of losses, at most once per minute.
    private func annotateLosses(_ last: inout (lost: Int, time: Microseconds)) {
        let (lost, now) = (counts.lost, steadyMicroseconds())
        guard lost > last.lost, last.lost == 0 || now >= last.time + 60_000_000 else { return }
        ledger.annotate(.reportsLost, "requests without a report: \(lost - last.lost); they count however they ended")
        last = (lost, now)
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

    private func settle(_ messages: [[UInt8]], _ settlements: inout [ChargedStore: Settlement]) {
        let reports = messages.compactMap(EndingReport.init)
        var results = Array(repeating: Result.invalid, count: messages.count - reports.count)
        var lost = 0
        for chargedStore in [ChargedStore.fallback, .store] {
            let due = reports.filter { $0.isForFallback == (chargedStore == .fallback) }
            results += settlements[chargedStore]?.take(due) ?? due.map { _ in .invalid }
            // A store that fails may take long to say so, which must not delay the fallback store's refunds.
            if chargedStore == .store, store.breaker?.state == .open { continue }
            results += settlements[chargedStore]?.settle() ?? []
            let issuers = issuers.withLock { $0.filter { $0.chargedStore == chargedStore } }
            lost += settlements[chargedStore]?.countLost(issuers) ?? 0
        }
        let known = settlements.compactMapValues(\.secret.hmac)
        secrets.withLock { $0 = known }
        if known[.store] != nil { hasSecret.signal() }
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
