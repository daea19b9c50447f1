import Glibc
import Limiters
import Servers
import Testing

@testable import Rules

@Suite("A client that an operator names")
struct NamedClientTests {
    private static func rulebook() throws -> Rulebook {
        let folder = try TemporaryFolder()
        chmod(try folder.write("k1\nk2 gold\nk3 gold name=acme\n", to: "keys"), 0o600)
        let rules = """
            api_keys: { file: keys }
            plan: variable X_PLAN
            ipv6_prefix: 56
            banned: [198.51.100.0/24, "2001:db8:bad::/48", { cookie sid: thief }, { api_key: k9 }]
            exempt: [{ user: admin }]
            policies:
              p: { limit: 5 per second, plans: { gold: 100 per second } }
              q: { limit: 7 per second }
              all: { limit: 9 per second }
            rules:
              - { match: { path: /a }, count: api_key or cookie sid and address, policies: [p] }
              - { match: { path: /b }, count: address, policies: [p, q] }
              - { match: { path: /c }, count: everyone, policies: [all] }
            """
        return try Rulebook.parse(rules.utf8, file: folder.path("limits.yaml")).0
    }

    /// `api_key=<k1>: p 5, q 7`, after the list that the client is on.
    private static func summary(_ text: String, _ plan: String?) throws -> String {
        let client = try rulebook().client(named: text, plan: plan)
        let policies = client.charge.entries.map { "\($0.policy.name) \($0.policy.quota.limit)" }
        #expect(
            client.charge.entries.allSatisfy { $0.cost == 0 && (client.list != nil || $0.identity == client.identity) })
        let list = client.list.map { "\($0) " } ?? ""
        return list + String(decoding: client.identity.bytes, as: UTF8.self) + ": " + policies.joined(separator: ", ")
    }

    @Test(
        "is counted as its requests are, by the policies that may count it, with the quota of its plan",
        arguments: [
            ("api_key=k1", nil, "api_key=<k1>: p 5"), ("api_key=k1", "gold", "api_key=<k1>: p 100"),
            ("api_key=k2", nil, "api_key=<k2>: p 100"), ("api_key=<k2>", nil, "api_key=<k2>: p 100"),
            ("api_key=k3", nil, "api_key=acme: p 100"), ("api_key=acme", "free", "api_key=acme: p 100"),
            ("address=203.0.113.9", nil, "address=203.0.113.9: p 5, q 7"),
            ("address=::ffff:203.0.113.9", nil, "address=203.0.113.9: p 5, q 7"),
            ("address=2001:DB8:0:1ff::7", nil, "address=2001:db8:0:100::/56: p 5, q 7"),
            ("address=2001:db8:0:100::/56", nil, "address=2001:db8:0:100::/56: p 5, q 7"),
            ("cookie:sid=a%2Cb,address=203.0.113.9", nil, "cookie:sid=<a,b>,address=203.0.113.9: p 5"),
            ("cookie:sid=a,b,address=203.0.113.9", nil, "cookie:sid=<a,b>,address=203.0.113.9: p 5"),
            ("all", nil, "all: all 9"),
            ("address=198.51.100.7", nil, "banned address=198.51.100.7: p 5, q 7"),
            ("address=2001:db8:bad::7", nil, "banned address=2001:db8:bad::7: p 5, q 7"),
            ("address=2001:db8:bad::/56", nil, "banned address=2001:db8:bad::/56: p 5, q 7"),
            ("cookie:sid=thief", nil, "banned cookie:sid=<thief>: "),
            ("cookie:sid=<thief>", nil, "banned cookie:sid=<thief>: "),
            ("api_key=k9", nil, "banned api_key=<k9>: p 5"), ("api_key=<k9>", nil, "banned api_key=<k9>: p 5"),
            ("user=admin", nil, "exempt user=admin: "),
        ] as [(String, String?, String)])
    func named(text: String, plan: String?, summary: String) throws {
        #expect(try Self.summary(withNames(text), plan) == withNames(summary))
    }

    @Test("with a long name is counted under its hash, by which it can be named too")
    func long() throws {
        let rulebook = try Rulebook.of(
            "policies: { p: { limit: 1 per day } }\nrules: [{ count: variable SUB, policies: [p] }]")
        let client = try rulebook.client(named: "variable:SUB=" + String(repeating: "x", count: 200))
        let text = String(decoding: client.identity.bytes, as: UTF8.self)
        #expect(text.hasPrefix("#"))
        #expect(try rulebook.client(named: text).charge.entries.map(\.key) == client.charge.entries.map(\.key))
    }

    @Test(
        "that no request can have is an error",
        arguments: [
            (
                "nobody",
                "\"nobody\" does not name a client of these rules: write address, cookie:sid, api_key or user, =, and its value"
            ),
            ("", "\"\" does not name a client of these rules: write "),
            ("adress=203.0.113.9", "\"adress=203.0.113.9\" does not name a client of these rules: write address, ="),
            ("header:x=1", "\"header:x=1\" does not name a client of these rules: write "),
            ("address=nonsense", "address=nonsense is not an address: write for example address=203.0.113.9"),
            ("address=", "address= is not an address"), ("address=203.0.113.256", "is not an address"),
            ("address=203.0.113.0/24", "is not one client: write an address, or an IPv6 network of 56 bits"),
            ("address=2001:db8::/64", "is not one client: write an address, or an IPv6 network of 56 bits"),
            ("api_key=nobody's", "the API key is not in the key file: name the address that its requests come from"),
            ("user=bob", "no rule counts clients by user: look at what explain prints"),
            ("cookie:sid=a", "no rule counts clients by cookie:sid: "),
        ])
    func unknown(text: String, message: String) throws {
        let error = #expect(throws: UnknownClient.self) { try Self.rulebook().client(named: text) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }
}
