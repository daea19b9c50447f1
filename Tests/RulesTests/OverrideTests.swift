import Limiters
import Testing

@testable import Rules

@Suite("Overrides")
struct OverrideTests {
    private static let rules = """
        ipv6_prefix: 64
        banned: [198.51.100.0/24]
        exempt: [{ user: admin }]
        policies:
          p: { limit: 5 per second, plans: { gold: 100 per second } }
          bucket: { limit: 7 per second, algorithm: token_bucket }
          all: { limit: 9 per second }
        rules:
          - { match: { path: /a }, count: api_key or address, policies: [p] }
          - { match: { path: /b }, count: user and address, policies: [p, bucket] }
          - { match: { path: /c }, count: everyone, policies: [all] }
        """

    /// `CLIENT ban`, `CLIENT exempt`, `CLIENT POLICY LIMIT`; after `@` when it ends.
    private static func override(_ text: String, _ rulebook: Rulebook) throws -> Override {
        let words = text.split(separator: "@")[0].split(separator: " ").map(String.init)
        let effect: Override.Effect =
            switch words[1] {
            case "ban": .ban
            case "exempt": .exempt
            default: .limit(try #require(Int64(words[2])), policy: words[1])
            }
        let until = text.split(separator: "@").dropFirst().first.flatMap { Int64($0) } ?? 1_000
        return try Override(
            client: rulebook.overrideClient(named: words[0]), effect: effect, reason: "r", author: "a", since: 0,
            until: until)
    }

    /// The result for a request at the time 500: `p 5`, `banned address=…`.
    private static func summary(_ overrides: [String], _ request: SampleRequest) throws -> String {
        let rulebook = try Rulebook.of(rules)
        let table = rulebook.overrideTable(try overrides.map { try override($0, rulebook) })
        let (match, applied, _, _) = rulebook.resolve(request, overrides: table, now: 500)
        if case .limited(let charge, _) = match {
            #expect(applied.isEmpty == charge.entries.allSatisfy { [5, 7, 9, 100].contains($0.policy.quota.limit) })
            return charge.entries.map { "\($0.policy.name) \($0.policy.quota.limit)" }.joined(separator: ", ")
        }
        return match.summary
    }

    private static func request(
        _ target: String, _ address: String = "203.0.113.9", key: String? = nil, user: String? = nil
    ) -> SampleRequest {
        var request = SampleRequest(method: "GET", target: target, address: address)
        request["HTTP_X_API_KEY"] = key
        request["REMOTE_USER"] = user
        return request
    }

    @Test(
        "of a client apply to its requests",
        arguments: [
            ([], "p 5"),
            (["address=203.0.113.9 ban"], "banned address=203.0.113.9"),
            (["203.0.113.9 ban"], "banned address=203.0.113.9"),
            (["address=203.0.113.8 ban"], "p 5"), (["api_key=k ban"], "banned api_key=<k>"),
            (["api_key=k exempt"], "exempt api_key=<k>"), (["api_key=k p 50"], "p 50"), (["api_key=l p 50"], "p 5"),
            // Only what counts the client has its limit.
            (["address=203.0.113.9 p 50"], "p 5"), (["api_key=k bucket 50"], "p 5"),
            // A ban takes precedence over an exemption, whichever client it names.
            (["api_key=k exempt", "203.0.113.9 ban"], "banned address=203.0.113.9"),
            (["203.0.113.9 exempt", "api_key=k ban"], "banned api_key=<k>"),
            // Ends by itself.
            (["api_key=k ban@501"], "banned api_key=<k>"), (["api_key=k ban@500"], "p 5"),
            (["api_key=k p 50@500"], "p 5"), (["203.0.113.0/24 ban@500"], "p 5"),
        ] as [([String], String)])
    func clients(overrides: [String], summary: String) throws {
        let request = Self.request("/a", key: "k")
        #expect(try Self.summary(overrides.map(withNames), request) == withNames(summary))
    }

    @Test(
        "of networks apply to all addresses in them, those of the smallest network first",
        arguments: [
            (["203.0.113.0/24 ban"], "banned address=203.0.113.9"), (["203.0.112.0/24 ban"], "p 5"),
            (["203.0.113.0/24 ban", "203.0.113.8/29 exempt"], "exempt address=203.0.113.9"),
            (["203.0.113.0/24 exempt", "203.0.113.8/29 ban"], "banned address=203.0.113.9"),
            (["203.0.113.0/24 ban", "203.0.113.9 exempt"], "exempt address=203.0.113.9"),
            (["203.0.0.0/16 p 50", "203.0.113.0/24 p 60"], "p 60"),
            (["203.0.113.9/32 ban"], "banned address=203.0.113.9"),
            (["0.0.0.0/1 ban"], "p 5"), (["128.0.0.0/1 ban"], "banned address=203.0.113.9"),
        ] as [([String], String)])
    func networks(overrides: [String], summary: String) throws {
        #expect(try Self.summary(overrides, Self.request("/a")) == summary)
    }

    @Test("of IPv6 clients and networks apply to their addresses")
    func v6() throws {
        let request = Self.request("/a", "2001:db8::9")
        #expect(try Self.summary(["2001:db8::1 ban"], request) == "banned address=2001:db8::/64")
        #expect(try Self.summary(["address=2001:db8::/64 p 50"], request) == "p 50")
        #expect(try Self.summary(["2001:db8::9/128 ban"], request) == "banned address=2001:db8::9")
        #expect(try Self.summary(["2001:db8::8/128 ban"], request) == "p 5")
        #expect(try Self.summary(["2001:db8::/32 p 50"], request) == "p 50")
        #expect(try Self.summary(["2001:db9::/32 p 50"], request) == "p 5")
    }

    @Test("go before the lists of the rules")
    func lists() throws {
        let banned = Self.request("/a", "198.51.100.7")
        #expect(try Self.summary([], banned) == "banned address=198.51.100.7")
        #expect(try Self.summary(["198.51.100.7 exempt"], banned) == "exempt address=198.51.100.7")
        let admin = Self.request("/a", user: "admin")
        #expect(try Self.summary([], admin) == "exempt user=admin")
        #expect(try Self.summary(["203.0.113.9 ban"], admin) == "banned address=203.0.113.9")
    }

    @Test("apply to combined identities, and a limit to everyone together")
    func combined() throws {
        let request = Self.request("/b", user: "eve")
        #expect(try Self.summary(["user=eve,address=203.0.113.9 p 50"], request) == "p 50, bucket 7")
        #expect(
            try Self.summary(["user=eve,address=203.0.113.9 ban"], request) == "banned user=eve,address=203.0.113.9")
        #expect(try Self.summary(["all all 50"], Self.request("/c")) == "all 50")
        // A network's limit is each client's own, so it is not that of everyone together.
        #expect(try Self.summary(["203.0.113.0/24 all 50"], Self.request("/c")) == "all 9")
    }

    @Test("replace the limit of a plan, and leave window and algorithm as they are")
    func plans() throws {
        let rulebook = try Rulebook.of(Self.rules)
        let policy = try rulebook.overriddenPolicy(named: "bucket", for: "203.0.113.0/24", limit: 70)
        #expect(policy.quota == (try Quota(limit: 70, window: 1_000_000, algorithm: .tokenBucket)))
        let table = try #require(rulebook.overrideTable([Self.override("203.0.113.9 p 50", rulebook)]))
        let client = try rulebook.client(named: "address=203.0.113.9", plan: "gold", overrides: table, now: 0)
        #expect(client.charge.entries.filter { $0.policy.name == "p" }.map(\.policy.quota.limit) == [50])
        #expect(client.overrides.count == 1)
    }

    @Test("are seen by a client that an operator names")
    func named() throws {
        let rulebook = try Rulebook.of(Self.rules)
        func list(_ overrides: [String], _ client: String) throws -> NamedClient.List? {
            let table = try #require(rulebook.overrideTable(overrides.map { try Self.override($0, rulebook) }))
            return try rulebook.client(named: client, overrides: table, now: 0).list
        }
        #expect(try list(["203.0.113.0/24 ban"], "address=203.0.113.9") == .banned)
        #expect(try list(["203.0.113.0/24 ban"], "address=203.0.114.9") == nil)
        #expect(try list(["198.51.100.7 exempt"], "address=198.51.100.7") == .exempt)
        #expect(try list(["198.51.100.7 exempt"], "address=198.51.100.8") == .banned)
        #expect(try list(["2001:db8::/32 exempt"], "address=2001:db8::9") == .exempt)
    }

    @Test(
        "of a client that cannot be are an error",
        arguments: [
            ("0.0.0.0/0", "0.0.0.0/0 contains every address: name a smaller network"),
            ("203.0.113.9/24", "\"203.0.113.9/24\" has bits set after its prefix; write 203.0.113.0/24"),
            ("203.0.113.0/33", "\"203.0.113.0/33\" has an invalid prefix; write /0 to /32"),
            ("nobody", "\"nobody\" does not name a client of these rules: write "),
            ("header:x=1", "\"header:x=1\" does not name a client of these rules: write "),
            ("user=a,user=b", "no rule counts clients by user and user: look at what explain prints"),
        ])
    func unknown(text: String, message: String) throws {
        let error = #expect(throws: UnknownClient.self) { try Rulebook.of(Self.rules).overrideClient(named: text) }
        #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
    }

    @Test(
        "of a limit that cannot be are an error",
        arguments: [
            ("q", "203.0.113.9", 1, "the rules have no policy \"q\": write p"),
            ("all", "address=203.0.113.9", 1, "policy all does not count address=203.0.113.9: "),
            ("p", "address=203.0.113.9", 0, "policy p: "),
            ("bucket", "address=203.0.113.9", 1_000_001, "policy bucket: "),
        ] as [(String, String, Int64, String)])
    func badLimit(policy: String, client: String, limit: Int64, message: String) throws {
        let error = #expect(throws: UnknownClient.self) {
            try Rulebook.of(Self.rules).overriddenPolicy(named: policy, for: client, limit: limit)
        }
        #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
    }
}
