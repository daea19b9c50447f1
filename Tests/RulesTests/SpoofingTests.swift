import Limiters
import Servers
import Testing

@testable import Rules

@Suite("Spoofing")
struct SpoofingTests {
    /// What an attacker at 203.0.113.9 tries, and the summary of the match that must result.
    struct Attempt: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let variables: [String: String]
        let summary: String

        init(_ name: String, _ variables: [String: String], _ summary: String) {
            testDescription = name
            self.variables = variables
            self.summary = summary
        }
    }

    private static let data = "data 1 address=203.0.113.9"

    static let attempts: [Attempt] = [
        // Addresses in headers.
        Attempt("X-Forwarded-For from a client", ["HTTP_X_FORWARDED_FOR": "198.51.100.1"], data),
        Attempt("Forwarded from a client", ["HTTP_FORWARDED": "for=198.51.100.1"], data),
        Attempt("X-Forwarded-For that claims the proxy's address", ["HTTP_X_FORWARDED_FOR": "10.0.0.1"], data),
        Attempt(
            "other headers of the kind", ["HTTP_X_REAL_IP": "198.51.100.1", "HTTP_CLIENT_IP": "198.51.100.1"], data),
        behindProxy("a list that begins before the proxy's entry", "198.51.100.1, 192.0.2.3, 203.0.113.9", data),
        behindProxy("a list that begins with trusted addresses", "10.0.0.7, 10.0.0.8, 203.0.113.9", data),
        behindProxy("two headers, which the server joins", "198.51.100.1,203.0.113.9", data),
        behindProxy("a list of junk", "\"', for=198.51.100.1;,\u{1F}, 203.0.113.9", data),
        behindProxy("a list of 64 KB", String(repeating: "198.51.100.1,", count: 5_000) + "203.0.113.9", data),
        behindProxy("a port in the list", "203.0.113.9:1234", data),
        behindProxy("a mapped address in the list", "::ffff:203.0.113.9", data),
        behindProxy("a mapped address in hexadecimal", "::FFFF:cb00:7109", data),
        // The proxy wrote no address, so only the proxy itself is known.
        behindProxy("unknown as the last hop", "203.0.113.9, unknown", "data 1 address=10.0.0.1"),
        behindProxy("an octal address as the last hop", "0313.0.113.9", "data 1 address=10.0.0.1"),
        Attempt(
            "an unclosed quote before the proxy's entry",
            ["REMOTE_ADDR": "10.0.0.1", "HTTP_FORWARDED": "for=\"198.51.100.1, for=203.0.113.9"], data),
        Attempt(
            "Forwarded along with the proxy's X-Forwarded-For",
            [
                "REMOTE_ADDR": "10.0.0.1", "HTTP_FORWARDED": "for=198.51.100.1",
                "HTTP_X_FORWARDED_FOR": "203.0.113.9",
            ], "data 1 address=10.0.0.1"),
        Attempt(
            "X-Forwarded-For along with the proxy's Forwarded",
            [
                "REMOTE_ADDR": "10.0.0.1", "HTTP_FORWARDED": "for=203.0.113.9",
                "HTTP_X_FORWARDED_FOR": "198.51.100.1",
            ], "data 1 address=10.0.0.1"),
        Attempt(
            "two headers that agree",
            [
                "REMOTE_ADDR": "10.0.0.1", "HTTP_FORWARDED": "for=203.0.113.9",
                "HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.9",
            ], data),
        // Forms of the attacker's own address.
        Attempt("a mapped peer", ["REMOTE_ADDR": "::ffff:203.0.113.9"], data),
        Attempt("another address of the same /64", v6("2001:db8::1"), "data 1 address=2001:db8::/64"),
        Attempt("a third address of the same /64", v6("2001:DB8:0:0:FFFF::9"), "data 1 address=2001:db8::/64"),
        Attempt("an address with a zone", v6("2001:db8::7%eth0"), "data 1 address=2001:db8::/64"),
        // Other spellings of the path.
        path("doubled slashes", "//api///data"), path("encoded letters", "/api/%64at%61"),
        path("an encoded slash", "/api%2Fdata"), path("dots", "/api/./x/../data"),
        path("encoded dots", "/x/%2e%2e/api/data"), path("too many dots", "/../../api/data"),
        path("a slash at the end", "/api/data/"), path("a fragment", "/api/data#x"),
        path("the absolute form", "http://elsewhere/api/data"), path("a query", "/api/data?/../x"),
        // A path that is another one for the web server is another one here, and still limited.
        Attempt("capitals", ["REQUEST_URI": "/api/DATA"], "burst 1 address=203.0.113.9"),
        Attempt("a zero byte", ["REQUEST_URI": "/api/data%00"], "burst 1 address=203.0.113.9"),
        Attempt("a newline", ["REQUEST_URI": "/api/data%0A"], "burst 1 address=203.0.113.9"),
        Attempt("encoded twice", ["REQUEST_URI": "/api/%2564ata"], "burst 1 address=203.0.113.9"),
        Attempt("an overlong slash", ["REQUEST_URI": "/api/data%C0%AF"], "burst 1 address=203.0.113.9"),
        Attempt("a parameter", ["REQUEST_URI": "/api/data;x=1"], "burst 1 address=203.0.113.9"),
        // Other methods that cause the same work.
        Attempt("HEAD", ["REQUEST_METHOD": "HEAD"], data),
        // API keys.
        key("a new key", "invented-1"), key("another new key", "invented-2"), key("an empty key", ""),
        key("a listed key in capitals", "ALICE"), key("a listed key and a zero byte", "alice\0"),
        key("a listed key and a newline", "alice\n"), key("a listed key twice", "alice, alice"),
        key("a comment of the key file", "#"), key("a key of 64 KB", String(repeating: "k", count: 65_536)),
        key("a key that reads like an identity", "alice,address=198.51.100.1"),
        key("a key that closes the key's braces", "alice}:burst"),
        Attempt("another header for the key", ["HTTP_X_APIKEY": "alice", "HTTP_API_KEY": "alice"], data),
        // X-API-Key and X_API_Key have the same variable, so there is no second key.
        Attempt("a listed key", ["HTTP_X_API_KEY": "alice"], "data 1 api_key=<alice>"),
    ]

    private static func behindProxy(_ name: String, _ list: String, _ summary: String) -> Attempt {
        Attempt(name, ["REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": list], summary)
    }

    private static func v6(_ address: String) -> [String: String] { ["REMOTE_ADDR": address] }

    private static func path(_ name: String, _ target: String) -> Attempt {
        Attempt(name, ["REQUEST_URI": target], data)
    }

    private static func key(_ name: String, _ key: String) -> Attempt {
        Attempt(name, ["HTTP_X_API_KEY": key], data)
    }

    private static func rulebook() throws -> Rulebook {
        let folder = try TemporaryFolder()
        try folder.write("# the site's keys\nalice\n", to: "keys.txt")
        let rules = """
            trusted_proxies: [10.0.0.0/8]
            api_keys: { file: keys.txt }
            policies:
              data:  { limit: 10 per minute }
              burst: { limit: 20 per second }
            rules:
              - match: { method: GET, path: /api/data }
                count: api_key or address
                policies: [data]
              - match: { path: /api/** }
                policies: [burst]
            """
        return try Rulebook.parse(rules.utf8, file: folder.path("limits.yaml")).0
    }

    @Test("each attempt counts for the right client", arguments: attempts)
    func counted(attempt: Attempt) throws {
        var facts = SampleRequest(method: "GET", target: "/api/data", address: "203.0.113.9")
        for (name, value) in attempt.variables { facts[name] = value }
        #expect(try Self.rulebook().match(for: facts).summary == withNames(attempt.summary))
    }

    @Test("headers of two proxies that disagree do not make a client exempt, though its proxy is")
    func exemptProxy() throws {
        let rulebook = try Rulebook.of(
            """
            trusted_proxies: [10.0.0.0/8]
            exempt: [10.0.0.0/8]
            policies: { p: { limit: 1 per second } }
            rules: [{ policies: [p] }]
            """)
        var facts = SampleRequest(method: "GET", target: "/", address: "10.0.0.1")
        #expect(rulebook.match(for: facts).summary == "exempt address=10.0.0.1")
        facts["HTTP_FORWARDED"] = "for=198.51.100.1"
        facts["HTTP_X_FORWARDED_FOR"] = "203.0.113.9"
        #expect(rulebook.match(for: facts).summary == "p 1 address=10.0.0.1")
    }

    @Test("a banned client does not escape by a header that disagrees with its proxy's", arguments: [false, true])
    func bannedBehindProxy(isForwarded: Bool) throws {
        let rulebook = try Rulebook.of(
            """
            trusted_proxies: [10.0.0.0/8]
            banned: [203.0.113.0/24]
            policies: { p: { limit: 1 per second } }
            rules: [{ policies: [p] }]
            """)
        var facts = SampleRequest(method: "GET", target: "/", address: "10.0.0.1")
        facts["HTTP_FORWARDED"] = isForwarded ? "for=203.0.113.9" : "for=198.51.100.1"
        facts["HTTP_X_FORWARDED_FOR"] = isForwarded ? "198.51.100.1" : "203.0.113.9"
        #expect(rulebook.match(for: facts).summary == "banned address=203.0.113.9")
    }

    @Test("without a key file, each key is a client of its own and cannot pass for another", arguments: [false, true])
    func identitiesApart(isCombined: Bool) throws {
        let rulebook = try Rulebook.of(
            """
            policies: { p: { limit: 1 per second } }
            rules: [{ count: \(isCombined ? "api_key and user" : "api_key"), policies: [p] }]
            """)
        let long = String(repeating: "k", count: 65_536)
        let texts = [
            "alice", "alice,user=bob", "alice,address=203.0.113.9", "alice%2Cuser=bob", "alice\0", "alice\n",
            "alice}:p",
            "{alice}", "#", "al ice", "sha256:00", long, long + "k",
        ]
        var seen: [String: String] = [:]
        for text in texts {
            for user in isCombined ? ["bob", "bob,user=bob", "=bob"] : [""] {
                var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9")
                facts["HTTP_X_API_KEY"] = text
                facts["REMOTE_USER"] = user
                let summary = rulebook.match(for: facts).summary
                #expect(seen.updateValue(text, forKey: summary) == nil, "\(text) \(user)")
                #expect(summary.utf8.count < 256 && summary.utf8.allSatisfy { $0 > 0x20 || $0 == 0x20 })
            }
        }
    }
}
