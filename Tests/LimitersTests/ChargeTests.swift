import Limiters
import Testing

@Suite("Charges and verdicts")
struct ChargeTests {
    @Test("a policy that counts the same client twice is charged once")
    func repeated() throws {
        let (one, other) = (try policy("one", limit: 5), try policy("other", limit: 5))
        let (alice, bob) = (Identity("user", "alice".utf8), Identity("user", "bob".utf8))
        // The same key under another limit is the same key.
        let relaxed = try policy("one", limit: 9)
        let charge = Charge([
            .init(one, for: alice), .init(other, for: alice), .init(one, for: bob), .init(relaxed, for: alice),
            .init(one, for: alice),
        ])
        #expect(charge.entries.map(\.policy) == [one, other, one])
        #expect(charge.entries.map(\.key) == [Key(alice, one), Key(alice, other), Key(bob, one)])
        var store = MemoryStore()
        #expect(store.charge(charge, now: 0).decisions.map(\.remaining) == [4, 4, 4])
    }

    @Test(
        "the enforced policies decide a request, and the tightest governs",
        arguments: [
            // Outcomes and remaining of 10 units each; then the verdict and the index that governs.
            ([allowed(7), allowed(3)], .allowed, 1),
            ([allowed(3), allowed(3)], .allowed, 0),
            ([allowed(3), refused(5)], .refused(retryAfter: 5), 1),
            ([refused(5), refused(9)], .refused(retryAfter: 9), 1),
            ([refused(9), refused(5), allowed(0)], .refused(retryAfter: 9), 0),
            ([impossible, refused(9)], .impossible, 0),
            ([refused(9), impossible], .impossible, 1),
            // Shadows do not count.
            ([shadow(refused(9)), allowed(3)], .allowed, 1),
            ([shadow(impossible), refused(3)], .refused(retryAfter: 3), 1),
            ([shadow(allowed(0)), allowed(9)], .allowed, 1),
            ([shadow(impossible)], .allowed, nil),
            ([], .allowed, nil),
            // By share, not by number: 4 of 10 is less than 3 of 5.
            ([allowed(3, limit: 5), allowed(4)], .allowed, 1),
            ([allowed(0), allowed(0, limit: 1_000_000_000)], .allowed, 0),
            ([allowed(999_999_999, limit: 1_000_000_000), allowed(10)], .allowed, 0),
        ] as [([Answer], Admission, Int?)])
    func verdicts(_ answers: [Answer], _ outcome: Admission, _ governing: Int?) throws {
        let charge = Charge(
            try answers.enumerated().map { index, answer in
                let quota = try Quota(limit: answer.limit, window: 60_000_000, algorithm: .slidingWindow)
                let policy = try Policy(name: "p\(index)", quota: quota, mode: answer.mode)
                return .init(policy, for: .everyone)
            })
        let decisions = answers.map {
            Decision(admission: $0.outcome, limit: $0.limit, remaining: $0.remaining, resetAfter: 1)
        }
        let verdict = Verdict(decisions, on: charge, now: 7)
        #expect(verdict.admission == outcome)
        #expect(verdict.isAllowed == (outcome == .allowed))
        #expect(verdict.governing == governing)
        #expect(verdict.now == 7)
    }

    @Test("only a refusal has a time to wait")
    func retryAfter() {
        func retryAfter(_ outcome: Admission) -> Microseconds? {
            Decision(admission: outcome, limit: 1, remaining: 0, resetAfter: 0).retryAfter
        }
        #expect(retryAfter(.allowed) == nil)
        #expect(retryAfter(.impossible) == nil)
        #expect(retryAfter(.refused(retryAfter: 5)) == 5)
    }

    @Test("a sweep removes the keys whose quotas are full again, and no others")
    func sweep() throws {
        var store = MemoryStore()
        let policy = try policy("p", limit: 2)
        for (moment, name) in [(0, "a"), (10, "b"), (20, "c")] as [(Microseconds, String)] {
            _ = store.charge(Charge([.init(policy, for: Identity("user", name.utf8))]), now: moment)
        }
        store.sweep(now: 60_000_009)
        #expect(store.count == 2)
        store.sweep(now: 60_000_010)
        #expect(store.count == 1)
        #expect(store.charge(Charge([.init(policy, for: Identity("user", "c".utf8))]), now: 30).isAllowed)
        #expect(!store.charge(Charge([.init(policy, for: Identity("user", "c".utf8))]), now: 30).isAllowed)
    }

    @Test("a request that takes nothing leaves nothing in the store")
    func nothingTaken() throws {
        var store = MemoryStore()
        let entry = Charge.Entry(try policy("p", limit: 2), for: .everyone)
        for cost in [0, 3] as [Int64] { _ = store.charge(Charge(cost: cost, [entry]), now: 0) }
        #expect(store.count == 0)
    }

    /// A policy's decision, in a row of the table.
    struct Answer: Sendable {
        var outcome: Admission
        var remaining: Int64
        var limit: Int64 = 10
        var mode: Policy.Mode = .enforced
    }

    private static func allowed(_ remaining: Int64, limit: Int64 = 10) -> Answer {
        Answer(outcome: .allowed, remaining: remaining, limit: limit)
    }

    private static func refused(_ retryAfter: Microseconds) -> Answer {
        Answer(outcome: .refused(retryAfter: retryAfter), remaining: 0)
    }

    private static let impossible = Answer(outcome: .impossible, remaining: 10)

    private static func shadow(_ answer: Answer) -> Answer {
        var answer = answer
        answer.mode = .shadow
        return answer
    }

    private func policy(_ name: String, limit: Int64) throws -> Policy {
        try Policy(name: name, quota: Quota(limit: limit, window: 60_000_000, algorithm: .slidingWindow))
    }
}
