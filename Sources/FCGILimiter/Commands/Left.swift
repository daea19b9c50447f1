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

    /// For example `3 of 10 left, full again in 42 s`.
    static func text(_ decision: Decision) -> String {
        let seconds = (decision.resetAfter + 999_999) / 1_000_000
        return "\(decision.remaining) of \(decision.limit) left"
            + (decision.resetAfter > 0 ? ", full again in \(seconds) s" : "")
    }
}

extension Quota {
    /// For example `10 per 60 s, sliding_window`.
    var text: String {
        let length = window % 1_000_000 == 0 ? "\(window / 1_000_000) s" : "\(window / 1_000) ms"
        return "\(limit) per \(length), \(algorithm.rawValue)"
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
