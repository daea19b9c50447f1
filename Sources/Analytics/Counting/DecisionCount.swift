import Limiters

/// Requests of one series and outcome, and what was decided about them.
public struct DecisionCount: Sendable {
    /// All requests.
    public internal(set) var requests: Int64 = 0
    /// Requests that were let through.
    public internal(set) var passed: Int64 = 0
    /// Sum of the governing policies' limits; 0 for requests that the store did not decide.
    public internal(set) var limitSum: Int64 = 0
    /// Sum of their remaining units; 0 for requests that the store did not decide.
    public internal(set) var remainingSum: Int64 = 0
    /// Decisions by how much of the limit was used then, in tenths; the last one is all of it.
    var use = InlineArray<11, Int64>(repeating: 0)
    /// How long the decisions took; empty for banned clients.
    public internal(set) var latency = LatencyHistogram()

    mutating func add(_ decision: Decision) {
        limitSum.saturatingAdd(decision.limit)
        remainingSum.saturatingAdd(decision.remaining)
        use[Int(decision.use / 10)].saturatingAdd(1)
    }

    static func += (one: inout DecisionCount, other: DecisionCount) {
        one.requests.saturatingAdd(other.requests)
        one.passed.saturatingAdd(other.passed)
        one.limitSum.saturatingAdd(other.limitSum)
        one.remainingSum.saturatingAdd(other.remainingSum)
        for tenth in one.use.indices { one.use[tenth].saturatingAdd(other.use[tenth]) }
        one.latency += other.latency
    }

    static func + (one: DecisionCount, other: DecisionCount) -> DecisionCount {
        var sum = one
        sum += other
        return sum
    }
}

extension Decision {
    /// The used share of the limit in percent; all of it if the request was refused.
    var use: Int64 {
        guard admission == .allowed, limit > 0 else { return 100 }
        return 100 - Int64(Double(min(max(0, remaining), limit)) / Double(limit) * 100)
    }
}
