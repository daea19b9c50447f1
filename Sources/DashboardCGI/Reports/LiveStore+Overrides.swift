import Analytics
import Limiters
import Rules
import Stores

/// The overrides, as the console reads and changes them.
extension LiveStore {
    /// The effects of an action that are known before it.
    struct Plan {
        /// The action, with the canonical name of the client.
        let action: ConsoleAction
        /// The override that comes into force, with its times as if that were now; `nil` if none does.
        let made: Override?
        /// The overrides that end.
        let ended: [Override]
        /// The keys of the states that are reset.
        let keys: [Key]

        /// The action as the audit trail has it.
        var audited: AuditRecord.Action {
            if let made { return .put(made) }
            return action.kind == .reset ? .reset(client: action.client) : .remove(client: action.client)
        }
    }

    /// The overrides in force.
    ///
    /// - Throws: ``Problem`` if the store does not answer.
    func overrides() throws(Problem) -> OverrideList {
        try withStore { store throws(StoreError) in try store.overrides() }
    }

    /// The names of the policies, in the order of the rules.
    func policyNames() throws(Problem) -> [String] { try rules().policies.map(\.name) }

    /// What an action will do.
    ///
    /// - Throws: ``Problem`` if the rules know no such client or policy, or if there is nothing to remove.
    func plan(_ action: ConsoleAction, by user: String) throws(Problem) -> Plan {
        let (rules, list) = (try rules(), try overrides())
        do {
            var action = action
            action.client = try rules.overrideClient(named: action.client)
            let effect: Override.Effect
            switch action.kind {
            case .remove:
                let ended = list.overrides.filter { $0.client == action.client && $0.policy == action.policy }
                guard !ended.isEmpty else {
                    throw Problem(
                        .malformed, "\(action.client) has no such override.", "The list shows what is in force.")
                }
                return Plan(action: action, made: nil, ended: ended, keys: [])
            case .reset:
                let keys = try rules.resetKeys(of: action.client)
                return Plan(action: action, made: nil, ended: [], keys: keys)
            case .ban: effect = .ban
            case .exempt: effect = .exempt
            case .limit:
                let (name, limit) = (action.policy ?? "", action.limit ?? 0)
                let policy = try rules.overriddenPolicy(named: name, for: action.client, limit: limit)
                effect = .limit(limit, policy: policy.name)
            }
            if action.client == "all", action.kind != .limit {
                throw Problem(.malformed, "All means every client.", "Name a client or a network.")
            }
            let made = try Override(
                client: action.client, effect: effect, reason: action.reason, author: user, since: list.now,
                until: list.now + (action.seconds ?? 0) * 1_000_000)
            return Plan(action: action, made: made, ended: list.overrides.filter(made.replaces), keys: [])
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.malformed, "\(error)", "Name a client as its page does, or a network.")
        }
    }

    /// Carries out a plan.
    ///
    /// - Throws: ``Problem`` if the store does not answer.
    func carryOut(_ plan: Plan) throws(Problem) {
        try withStore { store throws(StoreError) in
            if let made = plan.made {
                _ = try store.put(made.shifted(by: -made.since))
            } else if plan.action.kind == .reset {
                _ = try store.reset(plan.keys)
            } else {
                _ = try store.removeOverrides { $0.client == plan.action.client && $0.policy == plan.action.policy }
            }
        }
    }

    /// What authenticates the tokens of all dashboards of the store; its key is made when it is first needed.
    func tokenHMAC() throws(Problem) -> HMAC {
        try withStore { store throws(StoreError) in
            var secret = SharedSecret(.tokens, lifetime: Self.keyLifetime)
            return try secret.read(from: store)
        }
    }

    /// 30 days in microseconds.
    private static let keyLifetime: Microseconds = 2_592_000_000_000

    private func withStore<Value>(_ body: (any Store) throws(StoreError) -> Value) throws(Problem) -> Value {
        guard let session = try openedSession() else {
            throw Problem(.unavailable, "\(location): no limiter has created this store yet.", Self.remedy)
        }
        do throws(StoreError) { return try session.use(body) } catch {
            throw Problem(.unavailable, error.description, Self.remedy)
        }
    }
}
