/// One request put to a store: the policies that it meets, each with its key and what it costs there.
public struct Charge: Sendable {
    /// One policy, the key under which it counts this request's client, and what the request costs.
    public struct Entry: Sendable {
        /// What decides.
        public let policy: Policy
        /// Where the store keeps its state.
        public let key: Key
        /// Units taken from the policy; 0 takes nothing and only looks.
        public let cost: Int64

        /// `policy` counting `identity`.
        ///
        /// - Parameters:
        ///   - policy: what decides.
        ///   - identity: who is counted.
        ///   - cost: units, 0 to 1,000,000,000; what lies outside is moved to the nearer end.
        public init(_ policy: Policy, for identity: Identity, cost: Int64 = 1) {
            self.init(policy, key: Key(identity, policy), cost: cost)
        }

        private init(_ policy: Policy, key: Key, cost: Int64) {
            self.policy = policy
            self.key = key
            self.cost = min(max(cost, 0), Quota.largestLimit)
        }

        /// The same under one of `count` equal parts of its quota, which is at least one unit.
        ///
        /// A cost that fits into the quota but not into the part takes the whole part: else it would never fit.
        public func divided(among count: Int64) -> Entry {
            let part = policy.divided(among: count)
            let cost = cost <= policy.quota.limit ? min(cost, part.quota.limit) : cost
            return Entry(part, key: key, cost: cost)
        }

        /// The same at another cost.
        func costing(_ cost: Int64) -> Entry {
            Entry(policy, key: key, cost: cost)
        }
    }

    /// All that must allow; each key once.
    public let entries: [Entry]

    /// A request that meets these policies, each at its own cost.
    ///
    /// - Parameter entries: of two entries with one key the dearer counts, in the earlier one's place: both would be
    ///   charged to the same client for one request.
    public init(_ entries: [Entry]) {
        self.entries = Self.hasRepeatedKey(entries) ? Self.withoutRepeatedKeys(entries) : entries
    }

    /// A request that costs the same in each of these policies.
    ///
    /// - Parameters:
    ///   - cost: units, in place of what the entries say; 0 to 1,000,000,000.
    ///   - entries: as for ``init(_:)``.
    public init(cost: Int64, _ entries: [Entry]) {
        self.init(entries.map { $0.costing(cost) })
    }

    private static func hasRepeatedKey(_ entries: [Entry]) -> Bool {
        entries.indices.dropFirst().contains { later in entries[..<later].contains { $0.key == entries[later].key } }
    }

    private static func withoutRepeatedKeys(_ entries: [Entry]) -> [Entry] {
        var kept: [Entry] = []
        var places: [Key: Int] = [:]
        for entry in entries {
            if let place = places[entry.key] {
                kept[place] = kept[place].costing(max(kept[place].cost, entry.cost))
            } else {
                places[entry.key] = kept.count
                kept.append(entry)
            }
        }
        return kept
    }
}
