import Limiters

extension Table {
    /// The remaining units of one client in each policy.
    static func left(_ left: [LiveStore.Left]) -> Table {
        Table(
            name: .left,
            columns: [
                Column("policy", "Policy"), Column("remaining", "Left now"), Column("limit", nil),
                Column("leased", "Leased now"),
                Column("window_seconds", "Window"), Column("strategy", "Strategy"),
                Column("reset_after_seconds", "Full again in"), Column("mode", "Mode"),
            ],
            rows: left.map { entry in
                // The units under a limit at once are free again when their requests end, and nobody knows when.
                let isAtOnce = entry.policy.quota.algorithm == .atOnce
                return [
                    .text(entry.policy.name), .left(entry.decision.remaining, of: entry.decision.limit),
                    .count(entry.decision.limit),
                    isAtOnce ? .count(entry.decision.limit - entry.decision.remaining) : .absent,
                    .seconds(Double(entry.policy.quota.window) / 1_000_000),
                    .text(strategyName(entry.policy.quota.algorithm.rawValue)),
                    isAtOnce ? .absent : .seconds(Double(entry.decision.resetAfter) / 1_000_000),
                    .text(entry.policy.mode == .enforced ? "enforced" : "shadow"),
                ]
            })
    }
}
