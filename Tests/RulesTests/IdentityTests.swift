import Glibc
import Limiters
import Servers
import Testing

@testable import Rules

@Suite("Whom a rule counts, and what it costs")
struct IdentityTests {
    private static func identity(_ count: String, _ changes: KeyValuePairs<String, String>) throws -> String {
        let rulebook = try Rulebook.of(
            """
            ipv6_prefix: 56
            policies: { p: { limit: 1 per second } }
            rules: [{ count: \(count), policies: [p] }]
            """)
        var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9")
        for (name, value) in changes { facts[name] = value }
        return String(rulebook.match(for: facts).summary.dropFirst(4))
    }

    @Test(
        "each source gives an identity, and a request without it counts for its address",
        arguments: [
            ("address", "HTTP_X", "x", "address=203.0.113.9"),
            ("address", "REMOTE_ADDR", "2001:db8:1:2ff::1", "address=2001:db8:1:200::/56"),
            ("address", "REMOTE_ADDR", "unix:", "address=unix:"),
            ("address", "REMOTE_ADDR", "some host", "address=some%20host"),
            ("address", "REMOTE_ADDR", "", "address="),
            ("api_key", "HTTP_X_API_KEY", "alice", "api_key=<alice>"),
            ("api_key", "HTTP_X_API_KEY", "", "address=203.0.113.9"),
            ("api_key or address", "HTTP_X_API_KEY", "alice", "api_key=<alice>"),
            ("user", "REMOTE_USER", "alice", "user=alice"),
            ("user", "HTTP_X", "x", "address=203.0.113.9"),
            ("header X-Tenant", "HTTP_X_TENANT", "acme", "header:x-tenant=<acme>"),
            ("cookie sid", "HTTP_COOKIE", "a=b; sid=7; sid=8", "cookie:sid=<7>"),
            ("cookie sid", "HTTP_COOKIE", "xsid=7", "address=203.0.113.9"),
            ("cookie sid", "HTTP_COOKIE", "sid=", "address=203.0.113.9"),
            ("query token", "REQUEST_URI", "/?token=%61b+c&token=d", "query:token=<ab c>"),
            ("query token", "REQUEST_URI", "/?tokens=1", "address=203.0.113.9"),
            ("variable JWT_SUB", "JWT_SUB", "u/1", "variable:JWT_SUB=u/1"),
            ("everyone", "HTTP_X", "x", "all"),
            ("user and address", "REMOTE_USER", "alice", "user=alice,address=203.0.113.9"),
            ("user and header X", "REMOTE_USER", "alice", "address=203.0.113.9"),
            ("user and header X or api_key or everyone", "REMOTE_USER", "alice", "all"),
            ("user and header X or variable REMOTE_USER", "REMOTE_USER", "alice", "variable:REMOTE_USER=alice"),
        ])
    func sources(count: String, variable: String, value: String, identity: String) throws {
        #expect(try Self.identity(count, [variable: value]) == withNames(identity))
    }

    @Test(
        "the API key is read from where api_keys says, in Authorization after the scheme",
        arguments: [
            ("{ header: X-Key }", "HTTP_X_KEY", "k", "api_key=<k>"),
            ("{ header: X-Key }", "HTTP_X_API_KEY", "k", "address=203.0.113.9"),
            ("{ query: key }", "REQUEST_URI", "/?key=k", "api_key=<k>"),
            ("{ cookie: key }", "HTTP_COOKIE", "key=k", "api_key=<k>"),
            ("{ header: Authorization }", "HTTP_AUTHORIZATION", "Bearer k", "api_key=<k>"),
            ("{ header: Authorization }", "HTTP_AUTHORIZATION", "bearer  k ", "api_key=<k>"),
            ("{ header: Authorization }", "HTTP_AUTHORIZATION", "k", "api_key=<k>"),
        ])
    func keySources(source: String, variable: String, value: String, identity: String) throws {
        let rulebook = try Rulebook.of(
            "api_keys: \(source)\npolicies: { p: { limit: 1/second } }\nrules: [{ count: api_key, policies: [p] }]")
        var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9")
        facts[variable] = value
        #expect(rulebook.match(for: facts).summary == "p 1 " + withNames(identity))
    }

    /// A key file in which carol's key is listed by its digest only.
    private static let keys = """
        # the site's keys
        alice
        bob\tgold

        sha256:\(text(SHA256.hexDigest(of: Array("carol".utf8))).uppercased())   free\r
        """

    private static func listed() throws -> (Rulebook, [RulesWarning]) {
        let folder = try TemporaryFolder()
        chmod(try folder.write(keys, to: "keys.txt"), 0o600)
        let rules = """
            api_keys: { file: keys.txt }
            plan: variable X_PLAN
            exempt: [{ api_key: bob-the-monitor }]
            policies:
              p: { limit: 5 per second, plans: { free: 1 per second, gold: 100 per minute } }
            rules: [{ count: api_key or address, policies: [p] }]
            """
        return try Rulebook.parse(rules.utf8, file: folder.path("limits.yaml"))
    }

    @Test(
        "with a key file, unknown keys count for the address, and listed keys have their plans",
        arguments: [
            ("alice", nil, "api_key=<alice>", 5), ("bob", nil, "api_key=<bob>", 100),
            ("bob", "free", "api_key=<bob>", 100), ("alice", "gold", "api_key=<alice>", 100),
            ("alice", "iron", "api_key=<alice>", 5), ("mallory", nil, "address=203.0.113.9", 5),
            // Blanks around a header's value are not part of it.
            ("ALICE", nil, "address=203.0.113.9", 5), ("alice ", nil, "api_key=<alice>", 5),
            ("\talice", nil, "api_key=<alice>", 5), ("al ice", nil, "address=203.0.113.9", 5),
            ("#", nil, "address=203.0.113.9", 5), ("", nil, "address=203.0.113.9", 5),
            (nil, "gold", "address=203.0.113.9", 100),
        ] as [(String?, String?, String, Int64)])
    func keyList(key: String?, plan: String?, identity: String, limit: Int64) throws {
        let (rulebook, warnings) = try Self.listed()
        #expect(warnings == [])
        var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9")
        facts["HTTP_X_API_KEY"] = key
        facts["X_PLAN"] = plan
        let made = rulebook.match(for: facts)
        #expect(made.summary == "p 1 " + withNames(identity))
        guard case .limited(let charge, _) = made else { return }
        #expect(charge.entries.map(\.policy.quota.limit) == [limit])
    }

    @Test("a key listed by its digest has the same name as in the clear, and the digest is not accepted as a key")
    func hashedKeys() throws {
        let (rulebook, _) = try Self.listed()
        let digest = text(SHA256.hexDigest(of: Array("carol".utf8)))
        var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9")
        facts["HTTP_X_API_KEY"] = "carol"
        #expect(rulebook.match(for: facts).summary == withNames("p 1 api_key=<carol>"))
        facts["HTTP_X_API_KEY"] = "sha256:" + digest
        #expect(rulebook.match(for: facts).summary == "p 1 address=203.0.113.9")
        facts["HTTP_X_API_KEY"] = "bob-the-monitor"
        #expect(rulebook.match(for: facts).summary == withNames("exempt api_key=<bob-the-monitor>"))
    }

    @Test("a world-readable file with keys in the clear causes a warning")
    func openKeyFile() throws {
        let folder = try TemporaryFolder()
        let rules = "api_keys: { file: keys.txt }\npolicies: { p: { limit: 1/second } }\nrules: [{ policies: [p] }]"
        let digest = text(SHA256.hexDigest(of: Array("carol".utf8)))
        for (content, mode, count) in [
            ("alice", 0o644 as mode_t, 1), ("alice", 0o640, 0), ("sha256:\(digest)", 0o644, 0),
        ] {
            chmod(try folder.write(content, to: "keys.txt"), mode)
            let (_, warnings) = try Rulebook.parse(rules.utf8, file: folder.path("limits.yaml"))
            #expect(warnings.count == count, "\(content) \(mode)")
            #expect(warnings.allSatisfy { $0.description.contains(":1: api_keys.file: \"keys.txt\" can be read by") })
        }
    }

    @Test(
        "a cost from a variable is 1 if it is not a number, and is never lowered",
        arguments: [
            ("7", 7), ("0", 0), (" 7 ", 7), ("", 1), ("x", 1), ("-3", 1), ("1.5", 1), ("7 8", 1), ("١", 1),
            ("1000000001", 1_000_000_000), ("99999999999999999999999999", 1_000_000_000),
        ])
    func costs(value: String, cost: Int64) throws {
        let rulebook = try Rulebook.of(
            "policies: { p: { limit: 5 per second } }\nrules: [{ cost: variable X_COST, policies: [p] }]")
        var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9")
        facts["X_COST"] = value
        guard case .limited(let charge, let matches) = rulebook.match(for: facts) else { return }
        #expect(charge.entries.map(\.cost) == [cost])
        #expect(matches.map(\.cost) == [cost])
        facts["X_COST"] = nil
        #expect(rulebook.match(for: facts).summary == "p 1 address=203.0.113.9")
    }

    @Test("without limit, the first plan is for clients without a plan")
    func firstPlan() throws {
        let rulebook = try Rulebook.of(
            """
            plan: header X-Plan
            policies: { p: { plans: { free: 10 per minute, gold: 100 per minute } } }
            rules: [{ policies: [p] }]
            """)
        for (plan, limit) in [("gold", 100), ("free", 10), ("none", 10)] {
            var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9")
            facts["HTTP_X_PLAN"] = plan
            guard case .limited(let charge, _) = rulebook.match(for: facts) else { return }
            #expect(charge.entries.map(\.policy.quota.limit) == [Int64(limit)])
        }
    }

    @Test(
        "banned clients are refused before all else, exempt clients pass",
        arguments: [
            ("REMOTE_ADDR", "198.51.100.7", "banned address=198.51.100.7"),
            ("REMOTE_ADDR", "::ffff:198.51.100.7", "banned address=198.51.100.7"),
            ("REMOTE_ADDR", "192.0.2.200", "banned address=192.0.2.200"),
            ("REMOTE_ADDR", "192.0.2.9", "exempt address=192.0.2.9"),
            ("REMOTE_ADDR", "2001:db8:5::1", "exempt address=2001:db8:5::1"),
            ("REMOTE_ADDR", "unix:", "exempt address=unix:"),
            ("REMOTE_USER", "admin", "exempt user=admin"),
            ("REMOTE_USER", "Admin", "p 1 address=203.0.113.9"),
            ("REMOTE_USER", "mallory", "banned user=mallory"),
            ("HTTP_X_API_KEY", "k1", "banned api_key=<k1>"),
            ("HTTP_X_TENANT", "acme", "exempt header:x-tenant=<acme>"),
            ("HTTP_X_FORWARDED_FOR", "192.0.2.9", "p 1 address=203.0.113.9"),
        ])
    func lists(variable: String, value: String, summary: String) throws {
        let rulebook = try Rulebook.of(
            """
            banned: [198.51.100.0/24, 192.0.2.200, { user: [mallory, eve] }, { api_key: k1 }]
            exempt: [192.0.2.0/24, "2001:db8:5::/48", unix, { user: admin }, { header X-Tenant: acme }]
            policies: { p: { limit: 5 per second } }
            rules: [{ policies: [p] }]
            """)
        var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9")
        facts[variable] = value
        #expect(rulebook.match(for: facts).summary == withNames(summary))
    }

    @Test("a policy has a mode and an answer for store failures")
    func policySettings() throws {
        let policies = try Rulebook.of(
            """
            policies:
              a: { limit: 5 per second, mode: shadow, on_store_failure: deny }
              b: { limit: 5 per second, mode: enforced, on_store_failure: allow }
              c: { limit: 5 per second }
            rules: [{ policies: [a, b, c] }]
            """
        ).policies
        #expect(policies.map(\.mode) == [.shadow, .enforced, .enforced])
        #expect(policies.map(\.onStoreFailure) == [.deny, .allow, nil])
        #expect(policies.map(\.quota.algorithm) == [.slidingWindow, .slidingWindow, .slidingWindow])
    }

    @Test(
        "quotas are read in the forms that people write",
        arguments: [
            ("10 per minute", 10, 60_000_000), ("5 per 5 minutes", 5, 300_000_000),
            ("100 per 30 seconds", 100, 30_000_000), ("1000/hour", 1_000, 3_600_000_000),
            ("1000 / hour", 1_000, 3_600_000_000), ("1 per 100 milliseconds", 1, 100_000),
            ("1 per millisecond", 1, 1_000), ("2 per 1 day", 2, 86_400_000_000), ("2 per week", 2, 604_800_000_000),
            ("10  per\tminutes", 10, 60_000_000), ("7/2 hours", 7, 7_200_000_000),
        ])
    func quotas(text: String, limit: Int64, window: Int64) throws {
        let quota = try QuotaText(text)
        #expect(quota.limit == limit)
        #expect(quota.window == window)
    }
}
