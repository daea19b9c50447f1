/// A store in memory for one owner: an actor, a lock or a test around it.
///
/// It is the model that the other stores agree with.
///
///     var store = MemoryStore()
///     let verdict = store.charge(Charge([.init(policy, for: Identity("user", name.utf8))]), now: clock)
public struct MemoryStore: Sendable {
    private struct Kept {
        var words: [Int64]
        var expiry: Microseconds
    }

    private var states: [Key: Kept] = [:]

    /// An empty store.
    public init() {}

    /// How many keys it holds.
    public var count: Int { states.count }

    /// Decides one request against all its policies and, if all enforced ones allow, charges those that allow.
    ///
    /// - Parameters:
    ///   - charge: the request.
    ///   - now: a clock of the caller's that does not run backward for long.
    /// - Returns: the verdict.
    public mutating func charge(_ charge: Charge, now: Microseconds) -> Verdict {
        var decisions: [Decision] = []
        var changes: [Change] = []
        for entry in charge.entries {
            let words = states[entry.key]?.words ?? []
            let (decision, change) = entry.policy.quota.decide(words.span.bytes, now: now, cost: entry.cost)
            decisions.append(decision)
            changes.append(change)
        }
        let verdict = Verdict(decisions, on: charge, now: now)
        guard verdict.isAllowed else {
            // Nothing is taken, so what is left is what a peek finds.
            for (index, entry) in charge.entries.enumerated() where decisions[index].admission == .allowed {
                let words = states[entry.key]?.words ?? []
                decisions[index] = entry.policy.quota.decide(words.span.bytes, now: now, cost: 0).0
            }
            return Verdict(decisions, on: charge, now: now)
        }
        for (entry, change) in zip(charge.entries, changes) where !change.isNone {
            let words = states[entry.key]?.words ?? []
            states[entry.key] = Kept(words: change.words(from: words), expiry: change.expiry)
        }
        return verdict
    }

    /// Gives back what a request took.
    ///
    /// - Parameters:
    ///   - taken: what one policy gave.
    ///   - now: the clock of ``charge(_:now:)``.
    public mutating func refund(_ taken: Refund, now: Microseconds) {
        guard let kept = states[taken.key] else { return }
        let words = taken.applied(to: kept.words, now: now)
        states[taken.key] = words.isEmpty ? nil : Kept(words: words, expiry: kept.expiry)
    }

    /// Forgets every key whose quota is full again.
    ///
    /// A caller with many clients calls it now and then.
    public mutating func sweep(now: Microseconds) {
        states = states.filter { $0.value.expiry > now }
    }
}

extension Change {
    fileprivate func words(from old: [Int64]) -> [Int64] {
        let state = old.span.bytes
        let count = byteCount(from: state) / 8
        return [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
            write(from: state, to: UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }
}
