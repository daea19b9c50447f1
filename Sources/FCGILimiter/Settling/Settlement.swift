import Analytics
import Limiters
import Platform
import Stores

/// The work of a ``Settler`` at one store: verifies reports, claims their receipts and corrects what they were charged.
struct Settlement {
    /// Reports that wait for a store that does not answer.
    private static let mostWaiting = 100_000

    private let store: any Store
    private let timeout: Microseconds
    private let ledger: Ledger
    private let countedStatuses: CountedStatuses
    private(set) var secret = SharedSecret(.receipts, lifetime: 3_660 * 86_400_000_000)
    private var claims = ClaimList()
    private var waiting: [EndingReport] = []
    /// How many receipts each issuer had given at some times, the earliest first, and how many are checked for losses.
    private var marks: [UInt64: [(time: Microseconds, issued: Int64)]] = [:]
    private var checked: [UInt64: Int64] = [:]

    init(_ store: any Store, timeout: Microseconds, _ ledger: Ledger, _ countedStatuses: CountedStatuses) {
        self.store = store
        self.timeout = timeout
        self.ledger = ledger
        self.countedStatuses = countedStatuses
    }

    /// Takes reports to settle.
    ///
    /// - Returns: a failure for each that there is no room for.
    mutating func take(_ reports: [EndingReport]) -> [Settler.Result] {
        let room = Self.mostWaiting - waiting.count
        waiting += reports.prefix(room)
        return reports.dropFirst(room).map { _ in .failed }
    }

    /// Settles the reports that wait.
    ///
    /// - Returns: what became of them; nothing if the store does not answer, so that they wait for the next call.
    mutating func settle() -> [Settler.Result] {
        do throws(StoreError) {
            // Each time: a store that has lost its states has lost the secret, too.
            try secret.read(from: store)
            guard !waiting.isEmpty else { return [] }
            let settled = try settleWaiting()
            waiting = []
            return settled
        } catch {
            return []
        }
    }

    /// - Throws: ``StoreError`` if no receipt could be claimed.
    private mutating func settleWaiting() throws(StoreError) -> [Settler.Result] {
        var results: [Settler.Result] = []
        var valid: [(receipt: Receipt, ending: Ending)] = []
        let oldest = wallMicroseconds() - Receipt.maximumAge
        for report in waiting {
            guard let hmac = secret.hmac, let receipt = Receipt(report.receipt, hmac) else {
                results.append(.invalid)
                continue
            }
            if receipt.moment < oldest { results.append(.expired) } else { valid.append((receipt, report.ending)) }
        }
        let isFresh = try claims.claim(valid.map(\.receipt.number), in: store)
        var due = Receipt.Correction()
        for (index, report) in valid.enumerated() {
            guard isFresh[index] else {
                results.append(.repeated)
                continue
            }
            for item in report.receipt.items
            where item.condition != .always && item.condition.counts(status: report.ending.status) {
                countedStatuses[item.refund.key] = report.ending.status
            }
            let correction = Receipt.Correction(report.receipt.items, after: report.ending)
            due += correction
            let isUnchanged = correction.charges.isEmpty
            results.append(!correction.refunds.isEmpty ? .refunded : isUnchanged ? .counted : .charged)
        }
        // A claimed receipt is not settled again, so that nothing is ever given back twice.
        return apply(due) ? results : results.map { [.refunded, .charged].contains($0) ? .failed : $0 }
    }

    private func apply(_ due: Receipt.Correction) -> Bool {
        var units: [String: UnitCounts] = [:]
        defer { ledger.count(units) }
        guard due.refunds.isEmpty || (try? store.refund(due.refunds, clock: nil)) != nil else { return false }
        for refund in due.refunds {
            units[refund.key.policy, default: UnitCounts()].refunded.saturatingAdd(refund.cost)
        }
        guard due.charges.isEmpty || (try? store.charge(due.charges)) != nil else { return false }
        for entry in due.charges.flatMap(\.entries) {
            units[entry.key.policy, default: UnitCounts()].corrected.saturatingAdd(entry.cost)
        }
        return true
    }

    /// How many more receipts have had no report for as long as the timeout.
    mutating func countLost(_ issuers: [ReceiptIssuer]) -> Int {
        let now = steadyMicroseconds()
        var lost = 0
        for issuer in issuers {
            let issued = issuer.issued
            var times = marks[issuer.id, default: []]
            if issued > times.last?.issued ?? 0, now - (times.last?.time ?? 0) > timeout / 100 {
                times.append((now, issued))
            }
            let due = times.prefix { $0.time + timeout < now }
            if let end = due.last?.issued {
                let start = checked[issuer.id, default: 0]
                // If the store does not answer, the next call counts.
                guard let count = try? claims.unclaimedCount(start..<end, of: issuer.id, in: store) else { continue }
                lost += count
                checked[issuer.id] = end
                times.removeFirst(due.count)
            }
            marks[issuer.id] = times
        }
        return lost
    }
}
