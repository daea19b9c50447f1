import Limiters
import Testing

@Suite("What one request costs in each of its policies")
struct ChargeCostTests {
    private let search: Policy
    private let export: Policy
    private let client = Identity("address", "203.0.113.9".utf8)

    init() throws {
        search = try Policy(name: "search", quota: Quota(limit: 10, window: 60_000_000, algorithm: .slidingWindow))
        export = try Policy(name: "export", quota: Quota(limit: 10, window: 60_000_000, algorithm: .tokenBucket))
    }

    @Test("each entry takes its own cost")
    func ownCosts() {
        var store = MemoryStore()
        let charge = Charge([.init(search, for: client), .init(export, for: client, cost: 7)])
        let verdict = store.charge(charge, now: 1_000_000_000)
        #expect(verdict.decisions.map(\.remaining) == [9, 3])
    }

    @Test("one cost for all replaces the costs of the entries")
    func oneCostForAll() {
        let charge = Charge(cost: 3, [.init(search, for: client), .init(export, for: client, cost: 7)])
        #expect(charge.entries.map(\.cost) == [3, 3])
    }

    @Test("of two entries with one key the first is kept, at the higher cost")
    func dearerCounts() {
        let charge = Charge([
            .init(search, for: client, cost: 2), .init(export, for: client), .init(search, for: client, cost: 5),
        ])
        #expect(charge.entries.map(\.policy.name) == ["search", "export"])
        #expect(charge.entries.map(\.cost) == [5, 1])
    }

    @Test(
        "a share is rounded down, is at least one unit, and accepts each cost that the whole quota accepts",
        arguments: [
            // Limit, shares and cost; then the share's limit and the cost there.
            (10, 1, 7, 10, 7), (10, 4, 1, 2, 1), (10, 4, 2, 2, 2), (10, 4, 3, 2, 2), (10, 4, 10, 2, 2),
            (10, 4, 11, 2, 11), (10, 11, 1, 1, 1), (10, 11, 0, 1, 0), (1, 1_000_000, 1, 1, 1), (10, 0, 3, 10, 3),
        ] as [(Int64, Int64, Int64, Int64, Int64)])
    func parts(limit: Int64, count: Int64, cost: Int64, partLimit: Int64, partCost: Int64) throws {
        for algorithm in Algorithm.allCases {
            let quota = try Quota(limit: limit, window: 60_000_000, algorithm: algorithm)
            let policy = try Policy(name: "p", quota: quota, mode: .shadow, onStoreFailure: .local)
            let whole = Charge.Entry(policy, for: client, cost: cost)
            let part = whole.divided(among: count)
            let partQuota = try Quota(limit: partLimit, window: 60_000_000, algorithm: algorithm)
            #expect(part.policy == (try Policy(name: "p", quota: partQuota, mode: .shadow, onStoreFailure: .local)))
            #expect(part.cost == partCost)
            #expect(part.key == whole.key)
        }
    }

    @Test("a cost out of range is clamped", arguments: [(-1, 0), (2_000_000_000, 1_000_000_000)])
    func bounds(given: Int64, kept: Int64) {
        #expect(Charge.Entry(search, for: client, cost: given).cost == kept)
    }
}
