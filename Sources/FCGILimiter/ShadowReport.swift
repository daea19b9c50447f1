import Analytics
import Logging
import Platform
import Synchronization
import TextFormats

/// Logs what a limiter that refuses nobody would have refused: once per minute, and when it stops.
final class ShadowReport: Sendable {
    private static let interval: Int64 = 60_000_000

    private let ledger: Ledger
    private let logger: Logger
    /// What the reports so far have covered.
    private let reported = Mutex(Counts())

    private struct Counts {
        var requests: Int64 = 0
        /// Requests that would have been refused, by policy.
        var refused: [String: Int64] = [:]
    }

    init(_ ledger: Ledger, _ logger: Logger) {
        self.ledger = ledger
        self.logger = logger
    }

    /// Starts a thread that reports.
    func start() {
        startThread { [self] in
            let pause = WakeUp()
            while true {
                pause.wait(Self.interval)
                report()
            }
        }
    }

    /// Reports what has happened since the last report, if anything would have been refused.
    func report() {
        var counts = Counts()
        for (owner, count) in ledger.sinceStart {
            counts.requests.saturatingAdd(count.requests)
            guard owner.outcome == .shadowBlocked else { continue }
            counts.refused[owner.series.policy, default: 0].saturatingAdd(count.requests)
        }
        let earlier = reported.withLock { reported in
            defer { reported = counts }
            return reported
        }
        let refused = counts.refused.merging(earlier.refused) { $0 - $1 }.filter { $0.value > 0 }
        guard !refused.isEmpty else { return }
        let policies = refused.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
        logger.notice(
            """
            would have refused \(refused.values.reduce(0, +)) of \(counts.requests - earlier.requests) requests, by policy: \
            \(policies.joined(separator: ", "))
            """)
    }
}
