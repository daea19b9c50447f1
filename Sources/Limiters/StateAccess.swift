/// Access to a store's states: all that charging a request takes.
///
/// A store that provides these three methods gets ``charge(_:now:)``, which is all or nothing over the request's policies.
public protocol StateAccess: ~Copyable {
    /// What an access throws; `Never` for a store that cannot fail.
    associatedtype Failure: Error

    /// Calls `body` with the state of `key`, which is empty when the key is unused.
    mutating func read<Value>(_ key: Key, _ body: (State) -> Value) throws(Failure) -> Value

    /// Checks that a state can be written to `key`.
    ///
    /// - Throws: `Failure` when there is no room.
    mutating func checkRoom(for key: Key) throws(Failure)

    /// Changes the state of `key`.
    ///
    /// - Parameters:
    ///   - change: what ``Quota/decide(_:now:cost:isForced:)`` returned for the state as it is now.
    ///   - key: where the state is.
    /// - Throws: `Failure` when the state cannot be written.
    mutating func write(_ change: Change, to key: Key) throws(Failure)
}

extension StateAccess where Self: ~Copyable {
    /// Decides a request under all its policies.
    ///
    /// If every enforced policy allows it, charges each policy that allows it.
    ///
    /// A refused request changes nothing, and neither does one for which there is no room.
    ///
    /// - Parameters:
    ///   - charge: the request.
    ///   - now: the store's clock.
    /// - Returns: the verdict.
    /// - Throws: `Failure` of an access.
    @inlinable
    public mutating func charge(_ charge: Charge, now: Microseconds) throws(Failure) -> Verdict {
        var decisions: [Decision] = []
        decisions.reserveCapacity(charge.entries.count)
        var lastChange: Change?
        for entry in charge.entries {
            let (decision, change) = try read(entry.key) {
                entry.policy.decide($0, now: now, cost: entry.cost)
            }
            decisions.append(decision)
            lastChange = change
        }
        let verdict = Verdict(decisions, on: charge, now: now)
        guard verdict.isAllowed else {
            // Nothing is taken, so what is left is what a peek finds.
            for (index, entry) in charge.entries.enumerated() where decisions[index].admission == .allowed {
                decisions[index] = try read(entry.key) { entry.policy.decide($0, now: now, cost: 0).0 }
            }
            return Verdict(decisions, on: charge, now: now)
        }
        if charge.entries.count == 1, let lastChange {
            guard !lastChange.isNone else { return verdict }
            try checkRoom(for: charge.entries[0].key)
            try write(lastChange, to: charge.entries[0].key)
            return verdict
        }
        for (entry, decision) in zip(charge.entries, decisions) where decision.admission == .allowed && entry.cost > 0 {
            try checkRoom(for: entry.key)
        }
        for (entry, decision) in zip(charge.entries, decisions) where decision.admission == .allowed && entry.cost > 0 {
            // Decided again rather than kept: each key is in a charge once, so its state has not changed.
            let change = try read(entry.key) { entry.policy.decide($0, now: now, cost: entry.cost).1 }
            try write(change, to: entry.key)
        }
        return verdict
    }
}
