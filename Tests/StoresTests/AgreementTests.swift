import Cases
import Limiters
import Testing

@Suite("All stores agree")
struct AgreementTests {
    @Test("every store answers the tables of cases", arguments: StoreUnderTest.Kind.allCases)
    func tables(_ kind: StoreUnderTest.Kind) throws {
        let store = try StoreUnderTest(kind)
        for (number, row) in try Case.all().enumerated() {
            // Fresh keys for each case.
            let client = Identity("client", "\(number)".utf8)
            for step in row.steps {
                let verdicts = try store.charge([row.charge(step, by: client)], Case.beginning + step.at)
                let verdict = try #require(verdicts.first)
                #expect(verdict.decisions == step.decisions, "\(row): at \(step.at), cost \(step.cost)")
                #expect(verdict.admission == step.admission, "\(row): at \(step.at), cost \(step.cost)")
                #expect(verdict.now == Case.beginning + step.at, "\(row)")
            }
        }
    }

    @Test("every store answers a table's steps of one moment as one batch", arguments: StoreUnderTest.Kind.allCases)
    func batches(_ kind: StoreUnderTest.Kind) throws {
        let store = try StoreUnderTest(kind)
        for (number, row) in try Case.all().enumerated() {
            let client = Identity("client", "\(number)".utf8)
            var rest = row.steps[...]
            while let first = rest.first {
                let batch = rest.prefix { $0.at == first.at }
                rest = rest.dropFirst(batch.count)
                let charges = batch.map { row.charge($0, by: client) }
                let verdicts = try store.charge(charges, Case.beginning + first.at)
                #expect(verdicts.map(\.decisions) == batch.map(\.decisions), "\(row): at \(first.at)")
                #expect(verdicts.map(\.admission) == batch.map(\.admission), "\(row): at \(first.at)")
            }
        }
    }

    @Test("every store answers the tables of refunds", arguments: StoreUnderTest.Kind.allCases)
    func refunds(_ kind: StoreUnderTest.Kind) throws {
        let store = try StoreUnderTest(kind)
        for (number, row) in try RefundCase.all().enumerated() {
            let policy = try Policy(name: "one", quota: row.quota)
            let client = Identity("client", "\(number)".utf8)
            var charged: [Refund?] = []
            for (at, action, remaining, resetAfter) in row.steps {
                let now = Case.beginning + at
                switch action {
                case .charge(let cost):
                    let charge = Charge([.init(policy, for: client, cost: cost)])
                    let verdict = try store.charge([charge], now)[0]
                    charged.append(Refund(charge.entries[0], by: verdict.decisions[0], now: now))
                case .take(let units):
                    charged.append(nil)
                    let forced = try Policy(name: "one", quota: row.quota, mode: .forced)
                    let verdict = try store.charge([Charge([.init(forced, for: client, cost: units)])], now)[0]
                    #expect(verdict.isAllowed && verdict.decisions[0].admission == .allowed, "\(row): at \(at)")
                case .refund(let step, let changes):
                    charged.append(nil)
                    let refund = try #require(charged[step])
                    #expect(try store.refund([refund], now) == (changes ? 1 : 0), "\(row): at \(at)")
                }
                let left = try store.charge([Charge(cost: 0, [.init(policy, for: client)])], now)[0].decisions[0]
                #expect(left.remaining == remaining && left.resetAfter == resetAfter, "\(row): at \(at), \(left)")
            }
        }
    }

    @Test("an empty batch has no verdicts", arguments: StoreUnderTest.Kind.allCases)
    func nothing(_ kind: StoreUnderTest.Kind) throws {
        #expect(try StoreUnderTest(kind).charge([], Case.beginning).isEmpty)
    }

    @Test("a batch may be larger than any event loop makes it", arguments: StoreUnderTest.Kind.allCases)
    func largeBatch(_ kind: StoreUnderTest.Kind) throws {
        let store = try StoreUnderTest(kind)
        let policies = try Algorithm.allCases.map { algorithm in
            try Policy(name: "p", quota: Quota(limit: 2, window: 3_600_000_000, algorithm: algorithm))
        }
        let batch = (0..<10_000).map { number in
            Charge(policies.map { .init($0, for: Identity("client", "\(number)".utf8)) })
        }
        for remaining in [1, 0] as [Int64] {
            let verdicts = try store.charge(batch, Case.beginning)
            #expect(verdicts.count == 10_000)
            #expect(verdicts.allSatisfy { $0.decisions.map(\.remaining) == [remaining, remaining] })
        }
        #expect(try store.charge(batch, Case.beginning).allSatisfy { !$0.isAllowed })
    }

    /// 120,000 requests in all.
    @Test("all stores answer random requests alike", arguments: 1...8 as ClosedRange<UInt64>)
    func randomRequests(_ seed: UInt64) throws {
        let (memory, embedded, redis) = (
            try StoreUnderTest(.memory), try StoreUnderTest(.embedded), try StoreUnderTest(.redis)
        )
        let comparison = try Comparison(
            RandomBatches(seed: seed, requests: 15_000, keys: "random"), expected: memory.charge,
            stores: ["embedded": embedded.charge, "redis": redis.charge])
        #expect(comparison.difference == nil)
        // The sequences would be useless if nearly all requests were allowed, or refused.
        #expect(comparison.allowed > 3_000)
        #expect(comparison.refused > 3_000)
    }

    /// One request per batch: in a cluster, a request with several slots is charged after the others of its batch.
    @Test(
        "a cluster answers random requests as memory does, whatever their slots",
        arguments: 1...4 as ClosedRange<UInt64>)
    func randomRequestsInCluster(_ seed: UInt64) throws {
        let (memory, cluster) = (try StoreUnderTest(.memory), try StoreUnderTest(.cluster))
        let comparison = try Comparison(
            RandomBatches(seed: seed, requests: 2_000, keys: "cluster"), expected: memory.charge,
            stores: ["cluster": cluster.charge], isSingle: true)
        #expect(comparison.difference == nil)
    }
}
