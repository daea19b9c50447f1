import Limiters

/// The state of one key, kept as a store keeps it.
struct StateUnderTest {
    let quota: Quota
    private(set) var words: [Int64] = []
    private(set) var expiry: Microseconds = 0

    init(_ quota: Quota) {
        self.quota = quota
    }

    /// Decides, and writes the change if the request is admitted.
    @discardableResult
    mutating func charge(now: Microseconds, cost: Int64) -> Decision {
        let (decision, change) = quota.decide(words.span.bytes, now: now, cost: cost)
        guard decision.admission == .allowed, !change.isNone else { return decision }
        var written = [Int64](repeating: -1, count: change.byteCount(from: words.span.bytes) / 8)
        written.withUnsafeMutableBytes { change.write(from: words.span.bytes, to: $0) }
        words = written
        expiry = change.expiry
        return decision
    }

    /// Decides on nothing.
    func peek(now: Microseconds) -> Decision {
        quota.decide(words.span.bytes, now: now, cost: 0).0
    }
}
