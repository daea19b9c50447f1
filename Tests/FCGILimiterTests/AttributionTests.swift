import Analytics
import Limiters
import Rules
import Stores
import Testing

@testable import FCGILimiter

@Suite("The policy and the client under which a request is counted")
struct AttributionTests {
    /// Two rules that count one policy under two identities.
    private func charge(key: String) throws -> (Rulebook, Charge) {
        let text = """
            matching: all
            policies: { p: { limit: 1 per day } }
            rules:
              - { name: by-key, match: { path: /a }, count: api_key, policies: [p] }
              - { name: by-address, match: { path: /** }, count: address, policies: [p] }
            """
        let rulebook = try Rulebook.parse(text.utf8, file: "limits.yaml").0
        let request = SampleRequest(
            method: "GET", target: "/a", address: "203.0.113.9", headers: ["X-API-Key": key])
        guard case .limited(let charge, _) = rulebook.match(for: request) else {
            throw Unlimited()
        }
        return (rulebook, charge)
    }

    private struct Unlimited: Error {}

    @Test("each entry carries the tag of its rule and policy")
    func tags() throws {
        let (rulebook, charge) = try charge(key: "a")
        let rules = charge.entries.map { rulebook.taggedPolicies[Int($0.tag)].rule.name }
        #expect(rules == ["by-key", "by-address"])
    }

    @Test(
        "a refusal of one of two identities counts for that client, even from the cache and the fallback store",
        arguments: RequestOutcome.Decider.allCases)
    func refusal(by decider: RequestOutcome.Decider) throws {
        // Another key has used up the address's limit, so the second entry alone refuses.
        var store = MemoryStore()
        let (_, first) = try charge(key: "a")
        #expect(store.charge(first, now: 0).isAllowed)
        let (rulebook, second) = try charge(key: "b")
        let verdict = store.charge(second, now: 0)
        #expect(!verdict.isAllowed)

        let partial: Verdict
        switch decider {
        case .store, .newcomers: partial = verdict
        case .cache:
            let cache = RefusalCache()
            cache.insert(verdict, asked: 1)
            partial = try #require(
                cache.find(second, now: 2, trust: RefusalCache.Trust(from: 0, until: 2), isUnavailable: false))
            #expect(partial.charge.entries.count == 1)
        case .fallback:
            // The fallback store counts a part of the entries: here the second alone.
            partial = store.charge(Charge([second.entries[1]]), now: 0)
        }
        let counted = Attribution(.decided(partial, by: decider), of: second)
        #expect(counted.outcome == .blocked)
        #expect(counted.entry.identity == Identity("address", "203.0.113.9".utf8))
        #expect(rulebook.taggedPolicies[Int(counted.entry.tag)].rule.name == "by-address")
    }
}
