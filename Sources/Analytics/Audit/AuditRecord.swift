public import Limiters

/// What an operator did, as a row of `limiter.audit`.
public struct AuditRecord: Sendable {
    /// How the operator acted.
    public enum Way: String, Sendable {
        case command, dashboard
    }

    /// What the operator did.
    public enum Action: Sendable {
        /// Put this override in force.
        case put(Override)
        /// Ended overrides of a client.
        case remove(client: String)
        /// Restored a client's full quotas.
        case reset(client: String)

        /// The action in one word.
        public var name: String {
            switch self {
            case .put(let override): override.effect.kind.rawValue
            case .remove: "remove"
            case .reset: "reset"
            }
        }

        fileprivate var client: String {
            switch self {
            case .put(let override): override.client
            case .remove(let client), .reset(let client): client
            }
        }

        fileprivate var override: Override? { if case .put(let override) = self { override } else { nil } }
    }

    private let actor: String
    private let way: Way
    private let action: Action
    private let reason: String
    private let ended: [String]

    /// A record.
    ///
    /// - Parameters:
    ///   - actor: who acted.
    ///   - way: how.
    ///   - action: what was done.
    ///   - reason: why.
    ///   - ended: the overrides that the action ended, each in the form of a store.
    public init(actor: String, way: Way, action: Action, reason: String, ended: [String]) {
        self.actor = actor
        self.way = way
        self.action = action
        self.reason = reason
        self.ended = ended
    }

    /// Adds the row.
    ///
    /// - Returns: its number.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func write(in connection: PostgresConnection) throws(PostgresError) -> Int64 {
        let override = action.override
        let limit = override?.limit
        return try connection.query(
            "select limiter.record_action($1, $2, $3, $4, $5, $6::bigint, $7, $8::bigint, $9::text[])",
            [
                .init(actor), .init(way.rawValue), .init(action.name), .init(action.client),
                .init(override?.policy), .init(limit.map(String.init)), .init(reason),
                .init(override.map { String($0.until) }), .init(ended),
            ]
        ).integer(0, 0) ?? 0
    }
}
