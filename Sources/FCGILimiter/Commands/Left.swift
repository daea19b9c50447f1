import Limiters
import Rules
import Stores

/// What a client has left of its quotas.
enum Left {
    /// One decision per entry, at cost 0, which changes nothing.
    static func decisions(_ charge: Charge, in store: any Store) throws -> [Decision] {
        let verdicts = try OneLineFailure.of { () throws(StoreError) in
            try store.charge([Charge(cost: 0, charge.entries)])
        }
        return verdicts[0].decisions
    }

    /// For example `3 of 10 left, full again in 42 s`, or `3 of 5 left, 2 leased`.
    static func text(_ decision: Decision, of policy: Policy) -> String {
        let left = "\(decision.remaining) of \(decision.limit) left"
        guard decision.resetAfter > 0 else { return left }
        return policy.quota.algorithm == .atOnce
            ? "\(left), \(decision.limit - decision.remaining) leased"
            : "\(left), full again in \((decision.resetAfter + 999_999) / 1_000_000) s"
    }
}

extension Quota {
    /// For example `10 per 60 s, sliding_window`, or `5 at once, lease 600 s`.
    var text: String {
        let length = window % 1_000_000 == 0 ? "\(window / 1_000_000) s" : "\(window / 1_000) ms"
        return algorithm == .atOnce
            ? "\(limit) at once, lease \(length)" : "\(limit) per \(length), \(algorithm.rawValue)"
    }
}

extension NamedClient.List {
    /// What happens to the requests of a client on the list, or under an override.
    func text(_ client: Identity, _ override: Override?) -> String {
        let reason = override.map { "under an override: \($0.summary)" } ?? "on the \(rawValue) list"
        return switch self {
        case .banned: "banned: \(client.text) is \(reason); the answer is 403"
        case .exempt: "unlimited: \(client.text) is \(reason)"
        }
    }
}

extension Identity {
    /// The identity as keys contain it.
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension Key {
    /// The key as stores use it.
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
