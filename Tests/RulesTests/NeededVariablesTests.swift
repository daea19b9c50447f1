import Limiters
import Testing

@testable import Rules

@Suite("Variables that rules need")
struct NeededVariablesTests {
    @Test("the samples need five variables")
    func samples() {
        #expect(
            Rulebook.samples.variables == [
                "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "HTTP_X_API_KEY", "REMOTE_ADDR", "REQUEST_METHOD", "REQUEST_URI",
            ])
    }

    private static let everything = """
        trusted_proxies: [203.0.113.0/24]
        api_keys: { cookie: key }
        plan: variable X_PLAN
        exempt: [{ user: admin }]
        banned: [{ header X-Bot: "1" }]
        policies: { p: { limit: 1 per day, plans: { gold: 2 per day } } }
        rules:
          - { match: { host: a.org, header: { X-A: "1" }, variable: { V: "1" } }, cost: variable X_COST, policies: [p] }
          - { match: { query: { q: "1" } }, count: header X-Tenant and query t, policies: [p] }
        """

    @Test("every kind of condition and source names its variables")
    func all() throws {
        #expect(
            try Rulebook.of(Self.everything).variables == [
                "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "HTTP_COOKIE", "HTTP_FORWARDED", "HTTP_HOST", "HTTP_X_A",
                "HTTP_X_BOT", "HTTP_X_FORWARDED_FOR", "HTTP_X_TENANT", "REMOTE_ADDR", "REMOTE_USER", "REQUEST_METHOD",
                "REQUEST_URI", "SERVER_NAME", "V", "X_COST", "X_PLAN",
            ])
    }

    /// A request that records which variables are read.
    private final class Witness: CGIVariables {
        let facts: SampleRequest
        nonisolated(unsafe) var asked: Set<String> = []

        init(_ facts: SampleRequest) { self.facts = facts }

        func bytes(of name: [UInt8]) -> ArraySlice<UInt8>? {
            asked.insert(text(name))
            return facts.bytes(of: name)
        }
    }

    @Test("rules read no other variables")
    func noOther() throws {
        let rulebook = try Rulebook.of(Self.everything)
        for headers in [["Host": "a.org", "X-A": "1", "X-Forwarded-For": "198.51.100.1"], [:]] as [[String: String]] {
            var facts = SampleRequest(method: "GET", target: "/?q=1&t=2", address: "203.0.113.9")
            for (name, value) in headers { facts[text(Variable.header(name))] = value }
            facts["V"] = "1"
            let witness = Witness(facts)
            _ = rulebook.match(for: witness)
            #expect(witness.asked.subtracting(rulebook.variables) == [])
        }
    }
}
