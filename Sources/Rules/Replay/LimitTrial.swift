public import Limiters

/// What other limits of one policy would have refused: how to find the right one.
///
/// Each limit is tried as if the policy were the only one. Clients of plans with a quota of their own are left out.
public struct LimitTrial {
    /// One limit and what it would have refused.
    public struct Row {
        /// The limit, with the window and algorithm of the policy.
        public var quota: Quota { policy.quota }
        /// Refused requests.
        public private(set) var requests = 0
        /// Clients that were refused at least once.
        public var clients: Int { keys.count }

        private let policy: Policy
        private var keys: Set<Key> = []
        private var store = MemoryStore()

        fileprivate init(_ policy: Policy) {
            self.policy = policy
        }

        fileprivate mutating func add(
            _ entry: Charge.Entry, _ rulebook: Rulebook, _ ending: Ending, now: Microseconds
        ) {
            let charge = Charge([.init(policy, for: entry.identity, cost: entry.cost, tag: entry.tag)])
            let verdict = store.charge(charge, now: now)
            if !rulebook.countConditions.isEmpty {
                let items = verdict.correctable(rulebook.countConditions, rulebook.answerCosts)
                store.correct(Receipt.Correction(items, after: ending), now: now)
            }
            guard verdict.decisions[0].admission != .allowed else { return }
            requests += 1
            keys.insert(entry.key)
        }

        fileprivate mutating func sweep(now: Microseconds) {
            store.sweep(now: now)
        }
    }

    /// The policy whose limits are tried.
    public let policy: Policy
    /// By limit, from a tenth to ten times the policy's own, which is one of them.
    public private(set) var rows: [Row]
    /// The requests that the policy decided.
    public private(set) var requests = 0
    /// The clients that sent them.
    public var clients: Int { keys.count }

    private var keys: Set<Key> = []

    init(_ policy: Policy) {
        self.policy = policy
        rows = Self.limits(around: policy.quota.limit).map { Row(policy.limited(to: $0)) }
    }

    /// The limit itself and the numbers 1, 2, 5, 10, 20, 50, … from a tenth of it to ten times as much.
    static func limits(around limit: Int64) -> [Int64] {
        let steps = sequence(first: Int64(1)) { $0 < Quota.largestLimit ? $0 * 10 : nil }.flatMap {
            [$0, 2 * $0, 5 * $0]
        }
        return Set(steps.filter { $0 * 10 >= limit && $0 / 10 <= limit } + [limit]).sorted()
    }

    mutating func add(_ charge: Charge, _ rulebook: Rulebook, _ ending: Ending, now: Microseconds) {
        for entry in charge.entries where entry.policy.name == policy.name && entry.policy.quota == policy.quota {
            requests += 1
            keys.insert(entry.key)
            for index in rows.indices { rows[index].add(entry, rulebook, ending, now: now) }
            if requests % 100_000 == 0 { for index in rows.indices { rows[index].sweep(now: now) } }
        }
    }
}
