import Limiters
import Rules

extension Table {
    /// What rules on trial would have refused, by policy, and how many requests limiters blocked at the time.
    static func trialPolicies(_ replay: Replay, then: [String: Int64]?) -> Table {
        Table(
            name: nil,
            columns: [
                Column("policy", "Policy"), Column("requests", "Requests"), Column("refused", "These rules refuse"),
                Column("refused_share", "Share"), Column("then", "Blocked then"),
            ],
            rows: replay.policies.sorted { $0.key < $1.key }.map { name, count in
                [.text(name)] + refused(count) + [Cell(then.map { $0[name] ?? 0 }, Cell.count)]
            })
    }

    /// The clients that rules on trial would have refused most often, and how many of their requests were answered with 429.
    static func trialClients(_ replay: Replay, most: Int) -> Table {
        let clients = replay.clients.filter { $0.value.refused > 0 || $0.value.refusedThen > 0 }
            .map { (name: String(decoding: $0.key.bytes, as: UTF8.self), count: $0.value) }
            .sorted { ($1.count.refused, $0.name) < ($0.count.refused, $1.name) }
        return Table(
            name: nil,
            columns: [
                Column("client", "Client"), Column("requests", "Requests"), Column("refused", "These rules refuse"),
                Column("refused_share", "Share"), Column("then", "Answered 429 then"),
            ],
            rows: clients.prefix(most).map { name, count in
                [.client(name)] + refused(count) + [.count(Int64(count.refusedThen))]
            },
            note: clients.count > most ? "\(clients.count - most) more clients are not listed." : nil)
    }

    /// What each limit of a policy would have refused.
    static func trialLimits(_ trial: LimitTrial) -> Table {
        Table(
            name: nil,
            columns: [
                Column("limit", "Limit"), Column("requests", "Refused requests"), Column("requests_share", "Share"),
                Column("clients", "Refused clients"), Column("clients_share", "Share"), Column("current", ""),
            ],
            rows: trial.rows.map { row in
                [
                    .count(row.quota.limit),
                    .count(Int64(row.requests)), .share(Double(row.requests) / Double(max(1, trial.requests))),
                    .count(Int64(row.clients)), .share(Double(row.clients) / Double(max(1, trial.clients))),
                    row.quota == trial.policy.quota ? .text("in these rules") : .text(""),
                ]
            })
    }

    private static func refused(_ count: Replay.Count) -> [Cell] {
        [
            .count(Int64(count.requests)), .count(Int64(count.refused)),
            .share(Double(count.refused) / Double(max(1, count.requests))),
        ]
    }
}
