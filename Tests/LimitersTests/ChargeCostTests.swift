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

    @Test("one cost for all replaces what the entries say")
    func oneCostForAll() {
        let charge = Charge(cost: 3, [.init(search, for: client), .init(export, for: client, cost: 7)])
        #expect(charge.entries.map(\.cost) == [3, 3])
    }

    @Test("of two entries with one key the dearer counts, in the earlier one's place")
    func dearerCounts() {
        let charge = Charge([
            .init(search, for: client, cost: 2), .init(export, for: client), .init(search, for: client, cost: 5),
        ])
        #expect(charge.entries.map(\.policy.name) == ["search", "export"])
        #expect(charge.entries.map(\.cost) == [5, 1])
    }

    @Test("a cost out of range is moved to the nearer end", arguments: [(-1, 0), (2_000_000_000, 1_000_000_000)])
    func bounds(given: Int64, kept: Int64) {
        #expect(Charge.Entry(search, for: client, cost: given).cost == kept)
    }
}
