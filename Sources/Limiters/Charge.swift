/// One request as a store sees it: the policies that apply, each with the key to charge and the cost.
public struct Charge: Sendable {
    /// One policy, whom it counts, and what the request costs there.
    public struct Entry: Sendable {
        /// The policy that decides.
        public let policy: Policy
        /// Whom the policy counts.
        public let identity: Identity
        /// The key of the state in the store.
        public let key: Key
        /// Units to take, 0 to 1,000,000,000; 0 takes nothing and only looks.
        public let cost: Int64
        /// A number of the caller's choice.
        ///
        /// Stores never look at it, so it tells where the entry came from.
        public let tag: Int32

        /// An entry that counts `identity` under `policy`.
        ///
        /// - Parameters:
        ///   - policy: the policy that decides.
        ///   - identity: whom the policy counts.
        ///   - cost: units; values outside 0 to 1,000,000,000 are clamped.
        ///   - tag: a number of the caller's choice.
        public init(_ policy: Policy, for identity: Identity, cost: Int64 = 1, tag: Int32 = 0) {
            self.init(policy, identity, Key(identity, policy), cost, tag)
        }

        /// Units that turned out to be due after the request that `refund` is about, taken whatever the limit.
        init(_ units: Int64, beyond refund: Refund) {
            self.init(.forced(refund.quota), .everyone, refund.key, units, 0)
        }

        private init(_ policy: Policy, _ identity: Identity, _ key: Key, _ cost: Int64, _ tag: Int32) {
            self.policy = policy
            self.identity = identity
            self.key = key
            self.cost = min(max(cost, 0), Quota.largestLimit)
            self.tag = tag
        }

        /// The entry under one of `count` equal shares of its quota.
        ///
        /// A share is at least one unit. A cost that fits the quota but exceeds the share takes the whole share, because
        /// it would otherwise never fit.
        public func divided(among count: Int64) -> Entry {
            let share = policy.divided(among: count)
            let cost = cost <= policy.quota.limit ? min(cost, share.quota.limit) : cost
            return Entry(share, identity, key, cost, tag)
        }

        /// The entry with another cost.
        func costing(_ cost: Int64) -> Entry {
            Entry(policy, identity, key, cost, tag)
        }
    }

    /// The entries that must all allow the request.
    ///
    /// Each key appears once.
    public let entries: [Entry]
    /// The network of the client.
    public let network: ClientNetwork

    /// A request that meets these policies, each at its own cost.
    ///
    /// - Parameters:
    ///   - entries: of two entries with the same key only the first is kept, at the higher cost of the two: one request
    ///     charges one client once.
    ///   - network: the network of the client.
    public init(_ entries: [Entry], network: ClientNetwork = .unknown) {
        self.entries = Self.hasRepeatedKey(entries) ? Self.withoutRepeatedKeys(entries) : entries
        self.network = network
    }

    /// A request that costs the same in each of these policies.
    ///
    /// - Parameters:
    ///   - cost: units, instead of each entry's own cost; values outside 0 to 1,000,000,000 are clamped.
    ///   - entries: as for ``init(_:network:)``.
    public init(cost: Int64, _ entries: [Entry]) {
        self.init(entries.map { $0.costing(cost) })
    }

    private static func hasRepeatedKey(_ entries: [Entry]) -> Bool {
        entries.indices.dropFirst().contains { later in entries[..<later].contains { $0.key == entries[later].key } }
    }

    private static func withoutRepeatedKeys(_ entries: [Entry]) -> [Entry] {
        var kept: [Entry] = []
        var indices: [Key: Int] = [:]
        for entry in entries {
            if let index = indices[entry.key] {
                kept[index] = kept[index].costing(max(kept[index].cost, entry.cost))
            } else {
                indices[entry.key] = kept.count
                kept.append(entry)
            }
        }
        return kept
    }
}
