/// What became of the units of a policy that depends on how requests end; sums saturate.
public struct UnitCounts: Sendable, Hashable {
    /// Units that were taken when requests were let through.
    public var charged: Int64 = 0
    /// Units that were given back when requests had ended.
    public var refunded: Int64 = 0
    /// Units that were taken when requests had ended, because they cost more than they were charged.
    public var corrected: Int64 = 0

    /// No units.
    public init() {}

    static func += (sum: inout UnitCounts, other: UnitCounts) {
        sum.charged.saturatingAdd(other.charged)
        sum.refunded.saturatingAdd(other.refunded)
        sum.corrected.saturatingAdd(other.corrected)
    }

    static func + (one: UnitCounts, other: UnitCounts) -> UnitCounts {
        var sum = one
        sum += other
        return sum
    }
}
