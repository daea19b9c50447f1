/// One request put to a store: the policies that it meets, each with its key, and what it costs.
public struct Charge: Sendable {
    /// One policy, and the key under which it counts this request's client.
    public struct Entry: Sendable {
        /// What decides.
        public let policy: Policy
        /// Where the store keeps its state.
        public let key: Key

        /// `policy` counting `identity`.
        public init(_ policy: Policy, for identity: Identity) {
            self.policy = policy
            key = Key(identity, policy)
        }
    }

    /// All that must allow; each key once.
    public let entries: [Entry]
    /// Units taken from each policy; 0 takes nothing and only looks.
    public let cost: Int64

    /// A request that meets these policies.
    ///
    /// - Parameters:
    ///   - cost: units, 0 to 1,000,000,000; what lies outside is moved to the nearer end.
    ///   - entries: a second entry with the key of an earlier one is dropped: it would be charged twice for one request.
    public init(cost: Int64 = 1, _ entries: [Entry]) {
        self.cost = min(max(cost, 0), Quota.largestLimit)
        self.entries = Self.hasRepeatedKey(entries) ? Self.withoutRepeatedKeys(entries) : entries
    }

    private static func hasRepeatedKey(_ entries: [Entry]) -> Bool {
        entries.indices.dropFirst().contains { later in entries[..<later].contains { $0.key == entries[later].key } }
    }

    private static func withoutRepeatedKeys(_ entries: [Entry]) -> [Entry] {
        var seen: Set<Key> = []
        return entries.filter { seen.insert($0.key).inserted }
    }
}
