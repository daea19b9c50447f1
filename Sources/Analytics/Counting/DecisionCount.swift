/// How many requests of one series had one outcome, and what was decided about them.
public struct DecisionCount: Sendable {
    /// How many.
    public internal(set) var requests: Int64 = 0
    /// Of these, let through.
    public internal(set) var passed: Int64 = 0
    /// The limits of their policies, summed; 0 for those without a verdict.
    public internal(set) var limitSum: Int64 = 0
    /// What was left of them, summed; 0 for those without a verdict.
    public internal(set) var remainingSum: Int64 = 0
    /// How long the decisions took; none for banned clients.
    public internal(set) var latency = LatencyHistogram()

    static func += (one: inout DecisionCount, other: DecisionCount) {
        one.requests += other.requests
        one.passed += other.passed
        one.limitSum += other.limitSum
        one.remainingSum += other.remainingSum
        one.latency += other.latency
    }
}
