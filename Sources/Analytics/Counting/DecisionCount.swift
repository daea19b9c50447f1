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
    /// How long the decisions took; empty for banned clients.
    public internal(set) var latency = LatencyHistogram()

    static func += (one: inout DecisionCount, other: DecisionCount) {
        one.requests.saturatingAdd(other.requests)
        one.passed.saturatingAdd(other.passed)
        one.limitSum.saturatingAdd(other.limitSum)
        one.remainingSum.saturatingAdd(other.remainingSum)
        one.latency += other.latency
    }

    static func + (one: DecisionCount, other: DecisionCount) -> DecisionCount {
        var sum = one
        sum += other
        return sum
    }
}
