import Analytics
import Limiters
import Stores

/// What an operator did, as the audit trail has it.
struct AuditRow {
    /// The most rows that a page lists.
    static let mostListed = 500

    let number: Int64
    /// Microseconds since 1970.
    let time: Int64
    let actor: String
    let via: String
    let action: String
    let client: String
    let policy: String?
    let limit: Int64?
    let reason: String
    let until: Moment?
    /// The overrides that the action ended.
    let ended: [Override]

    /// The latest rows, the newest first.
    ///
    /// - Parameters:
    ///   - client: only rows about this client.
    ///   - number: only the row with this number.
    ///   - period: only rows of this time.
    ///   - most: the largest number of rows.
    ///   - database: has the rows.
    /// - Returns: at most ``most`` rows.
    /// - Throws: ``Problem`` if the database does not answer.
    static func latest(
        client: String? = nil, number: Int64? = nil, in period: Period? = nil, most: Int = mostListed,
        _ database: Database
    ) throws(Problem) -> [AuditRow] {
        let parameters = [client, number.map(String.init), period?.start.iso, period?.end.iso].map {
            PostgresParameter($0)
        }
        return try database.rows(.audit, parameters + [PostgresParameter(most)]).map(AuditRow.init)
    }

    private init(_ row: Row) throws(Problem) {
        number = try row.count("id")
        time = try row.count("time")
        actor = try row.name("actor")
        via = try row.name("via")
        action = try row.name("action")
        client = try row.name("client")
        policy = try row.text("policy")
        limit = try row.integer("limit")
        reason = try row.name("reason")
        until = try row.integer("until").map { Moment(seconds: $0) }
        ended = try row.name("ended").split(separator: "\n").compactMap { Override(line: $0.utf8) }
    }

    /// The action in words: `ban`, or `data limited to 100`.
    var text: String {
        if let policy, let limit { return "\(policy) limited to \(limit)" }
        return action
    }

    /// What undoes the action: one action for each override that it made or ended; none if nothing can.
    func undoing(at now: Moment) -> [ConsoleAction] {
        let reason = "undoes: \(reason)".prefix(60)
        let earlier = ended.filter { $0.until / 1_000_000 > now.seconds }.map { override in
            ConsoleAction(
                ConsoleAction.Kind(override.effect.kind), client: override.client, policy: override.policy,
                limit: override.limit, seconds: override.until / 1_000_000 - now.seconds, reason: String(reason))
        }
        guard earlier.isEmpty, let until, until > now else { return earlier }
        return [ConsoleAction(.remove, client: client, policy: policy, reason: String(reason))]
    }
}
