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
        let memory = try StoreUnderTest(.memory)
        let embedded = try StoreUnderTest(.embedded)
        let redis = try StoreUnderTest(.redis)
        var outcomes: [Bool: Int] = [:]
        for (number, batch) in try RandomBatches(seed: seed, requests: 15_000, keys: "random").enumerated() {
            let expected = try memory.charge(batch.charges, batch.now)
            for (name, store) in [("embedded", embedded), ("redis", redis)] {
                let verdicts = try store.charge(batch.charges, batch.now)
                // One comparison per batch: a report of each field would be slow, and too long to read.
                guard let index = firstDifference(verdicts, expected) else { continue }
                let charge = batch.charges[index]
                Issue.record(
                    """
                    \(name), seed \(seed), batch \(number), request \(index) at \(batch.now): \
                    \(verdicts[index]) and not \(expected[index]) on \(charge.entries)
                    """)
                return
            }
            for verdict in expected { outcomes[verdict.isAllowed, default: 0] += 1 }
        }
        // The sequences would be useless if nearly all requests were allowed, or refused.
        #expect(outcomes[true, default: 0] > 3_000)
        #expect(outcomes[false, default: 0] > 3_000)
    }

    /// One request per batch: in a cluster, a request with several slots is charged after the others of its batch.
    @Test(
        "a cluster answers random requests as memory does, whatever their slots",
        arguments: 1...4 as ClosedRange<UInt64>)
    func randomRequestsInCluster(_ seed: UInt64) throws {
        let memory = try StoreUnderTest(.memory)
        let cluster = try StoreUnderTest(.cluster)
        for (number, batch) in try RandomBatches(seed: seed, requests: 2_000, keys: "cluster").enumerated() {
            for charge in batch.charges {
                let expected = try memory.charge([charge], batch.now)
                let verdicts = try cluster.charge([charge], batch.now)
                guard firstDifference(verdicts, expected) != nil else { continue }
                Issue.record(
                    "seed \(seed), batch \(number) at \(batch.now): \(verdicts) and not \(expected) on \(charge.entries)"
                )
                return
            }
        }
    }

    private func firstDifference(_ verdicts: [Verdict], _ expected: [Verdict]) -> Int? {
        guard verdicts.count == expected.count else { return min(verdicts.count, expected.count) }
        return verdicts.indices.first { index in
            let (one, other) = (verdicts[index], expected[index])
            return one.admission != other.admission || one.decisions != other.decisions || one.now != other.now
        }
    }
}
