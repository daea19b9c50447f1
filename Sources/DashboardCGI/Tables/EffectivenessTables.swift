import Analytics

extension Table {
    /// What each policy kept off the backends, or would have, and how much of its limit was used at each decision.
    static func effectiveness(_ figures: [SeriesFigures.Entry], over seconds: Int64) -> Table {
        Table(
            name: .effectiveness,
            columns: [
                Column("policy", "Policy"), Column("requests", "Requests"), Column("blocked", "Kept off"),
                Column("block_rate", "Kept off share"), Column("blocked_per_second", "Kept off per second"),
                Column("shadow_blocked", "Shadow would block"), Column("shadow_rate", "Shadow share"),
                Column("average_limit", "Limit"), Column("use", "Use, 0 to 100 %"),
                Column("use_below_50", "Below 50 %"),
                Column("use_50_to_80", "50 to 80 %"), Column("use_over_80", "Over 80 %"),
                Column("use_all", "All of it"),
            ],
            rows: groups(figures, by: \.policy).map { policy, group in
                let counts = group.counts
                let decisions = group.use.counts
                return [
                    .choice(field: "policy", policy), .count(counts.total), .count(counts.blocked),
                    .share(counts.blockRate), .number(Double(counts.blocked) / Double(seconds)),
                    .count(counts.shadowBlocked),
                    .share(Double(counts.shadowBlocked) / Double(max(1, counts.total))),
                    Cell(group.averageLimit, Cell.number), .spark(decisions),
                ] + [0..<5, 5..<8, 8..<10, 10..<11].map { Cell(share(of: decisions, $0), Cell.share) }
            })
    }

    /// The share of the decisions in some tenths; `nil` if the use of the limit was not recorded.
    private static func share(of decisions: [Int64], _ tenths: Range<Int>) -> Double? {
        let all = decisions.saturatingSum
        guard all > 0, decisions.count >= tenths.upperBound else { return nil }
        return Double(decisions[tenths].saturatingSum) / Double(all)
    }

    /// What policies that depend on how requests end took and gave back.
    static func units(_ units: [PolicyUnits]) -> Table {
        Table(
            name: .units,
            columns: [
                Column("policy", "Policy"), Column("charged", "Charged"), Column("refunded", "Refunded"),
                Column("corrected", "Corrected"),
            ],
            rows: units.map { entry in
                [
                    .choice(field: "policy", entry.policy), .count(entry.charged), .count(entry.refunded),
                    .count(entry.corrected),
                ]
            })
    }

    /// The clients that came near a limit.
    static func near(_ clients: [NearClient]) -> Table {
        Table(
            name: .near,
            columns: [
                Column("client", "Client"), Column("policy", "Policy"), Column("peak_use", "Used at most"),
                Column("allowed", "Allowed"),
            ],
            identity: ["client", "policy"],
            rows: clients.map { entry in
                [
                    .client(entry.client), .choice(field: "policy", entry.policy), .share(entry.peak),
                    .count(entry.allowed),
                ]
            },
            note: clients.count < 50 ? nil : "Only the first 50 are listed.")
    }

    /// Who was refused by a limit for everybody.
    static func victims(_ victims: [Victim]) -> Table {
        Table(
            name: .victims,
            columns: [
                Column("address", "Address"), Column("endpoint", "Endpoint"), Column("policy", "Policy"),
                Column("blocked", "Blocked"), Column("last", "Last (UTC)"),
            ],
            identity: ["address", "endpoint", "policy"],
            rows: victims.map { victim in
                [
                    .text(victim.address), .choice(field: "endpoint", victim.endpoint),
                    .choice(field: "policy", victim.policy), .count(victim.blocked), .time(victim.last.utc),
                ]
            },
            note: victims.count < 50 ? nil : "Only the first 50 are listed.")
    }
}
