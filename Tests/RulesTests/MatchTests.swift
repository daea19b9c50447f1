import Limiters
import Testing

@testable import Rules

@Suite("Matching requests with rules")
struct MatchTests {
    /// A plain request with these variables changed.
    private static func facts(_ changes: KeyValuePairs<String, String>) -> SampleRequest {
        var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9", headers: ["Host": "example.com"])
        for (name, value) in changes { facts[name] = value }
        return facts
    }

    private static func matches(_ match: String, _ changes: KeyValuePairs<String, String>) throws -> Bool {
        let rulebook = try Rulebook.of(
            "policies: { p: { limit: 1 per second } }\nrules: [{ match: \(match), policies: [p] }]")
        return rulebook.match(for: facts(changes)).ruleIndices == [0]
    }

    @Test(
        "methods: GET includes HEAD, and case counts",
        arguments: [
            ("{ method: GET }", "GET", true), ("{ method: GET }", "HEAD", true), ("{ method: GET }", "POST", false),
            ("{ method: HEAD }", "GET", false), ("{ method: [POST, PUT] }", "PUT", true),
            ("{ method: [POST, PUT] }", "GET", false), ("{ method: GET }", "get", false),
            ("{ method: GET }", "GETS", false), ("{ method: GET }", "", false),
            ("{ method: PROPFIND }", "PROPFIND", true),
            ("{ path: / }", "FETCH", true),
        ])
    func methods(match: String, method: String, expected: Bool) throws {
        #expect(try Self.matches(match, ["REQUEST_METHOD": method]) == expected)
    }

    @Test(
        "a CORS preflight is counted only by a rule that names OPTIONS",
        arguments: [
            ("{ path: / }", "OPTIONS", true, false), ("{ path: / }", "OPTIONS", false, true),
            ("{ path: / }", "POST", true, true), ("{ path: /, method: OPTIONS }", "OPTIONS", true, true),
            ("{ path: /, method: [GET, OPTIONS] }", "OPTIONS", true, true),
            ("{ path: /, method: GET }", "OPTIONS", true, false),
        ])
    func preflights(match: String, method: String, isPreflight: Bool, expected: Bool) throws {
        var facts = Self.facts(["REQUEST_METHOD": method])
        if isPreflight { facts["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] = "POST" }
        let rulebook = try Rulebook.of(
            "policies: { p: { limit: 1 per second } }\nrules: [{ match: \(match), policies: [p] }]")
        #expect(rulebook.match(for: facts).ruleIndices == (expected ? [0] : []))
    }

    @Test(
        "hosts: case, port and a trailing dot are ignored",
        arguments: [
            ("{ host: example.com }", "example.com", true), ("{ host: example.com }", "EXAMPLE.Com:8080", true),
            ("{ host: Example.com }", "example.com.", true), ("{ host: example.com. }", "example.com.:80", true),
            ("{ host: example.com }", "www.example.com", false), ("{ host: example.com }", "xexample.com", false),
            ("{ host: \"*.example.com\" }", "www.example.com", true),
            ("{ host: \"*.example.com\" }", "a.b.example.com", true),
            ("{ host: \"*.example.com\" }", "example.com", false),
            ("{ host: \"*.example.com\" }", ".example.com", false),
            ("{ host: \"*.example.com\" }", "wwwexample.com", false), ("{ host: [a.org, b.org] }", "b.org", true),
            ("{ host: \"[::1]\" }", "[::1]:80", true), ("{ host: example.com }", "", false),
        ])
    func hosts(match: String, host: String, expected: Bool) throws {
        #expect(try Self.matches(match, ["HTTP_HOST": host]) == expected)
    }

    @Test(
        "a path of a script includes what the web server passes to the script as PATH_INFO",
        arguments: [
            ("/wp-login.php", "/wp-login.php", true), ("/wp-login.php", "/wp-login.php/x", true),
            ("/wp-login.php", "/wp-login.php/x/y.php", true), ("/wp-login.php", "/wp-login.php%2Fx", true),
            ("/wp-login.php", "/wp-login.phpx", false), ("/wp-login.php", "/x/wp-login.php", false),
            ("/cgi-bin/find.cgi", "/cgi-bin/find.cgi/x", true), ("/api/data", "/api/data/x", false),
            ("/x.php/*", "/x.php/y/z", false), ("/x.php/**", "/x.php", true),
        ])
    func scripts(pattern: String, target: String, expected: Bool) throws {
        #expect(try Self.matches("{ path: \(pattern) }", ["REQUEST_URI": target]) == expected)
    }

    @Test("a rule for a script is named by its path as written")
    func scriptLabel() throws {
        let rulebook = try Rulebook.of(
            "policies: { p: { limit: 1/second } }\nrules: [{ match: { path: /wp-login.php }, policies: [p] }]")
        #expect(rulebook.rules.map(\.label) == ["/wp-login.php"])
    }

    @Test("the host is that of an absolute target, else of the header, and the name of the server counts, too")
    func hostSources() throws {
        let match = "{ host: api.example.com, path: /x }"
        #expect(try Self.matches(match, ["REQUEST_URI": "http://API.example.com:80/x", "HTTP_HOST": "other.org"]))
        #expect(try !Self.matches(match, ["REQUEST_URI": "http://other.org/x", "HTTP_HOST": "api.example.com"]))
        var facts = SampleRequest(["REQUEST_METHOD": "GET", "REQUEST_URI": "/x", "SERVER_NAME": "api.example.com"])
        let rulebook = try Rulebook.of(
            "policies: { p: { limit: 1/second } }\nrules: [{ match: \(match), policies: [p] }]")
        #expect(rulebook.match(for: facts).ruleIndices == [0])
        // nginx passes a request for an unknown host to its default server.
        facts["HTTP_HOST"] = "198.51.100.1"
        #expect(rulebook.match(for: facts).ruleIndices == [0])
        // The first of a server's names is SERVER_NAME, whichever of them the client named.
        facts["SERVER_NAME"] = "example.com"
        facts["HTTP_HOST"] = "api.example.com"
        #expect(rulebook.match(for: facts).ruleIndices == [0])
        for name in ["", "_", "*.example.com", "~^api[.]example[.]com$", "other.org"] {
            facts["SERVER_NAME"] = name
            #expect(rulebook.match(for: facts).ruleIndices == [0], "\(name)")
            facts["HTTP_HOST"] = "other.org"
            #expect(rulebook.match(for: facts).ruleIndices == [], "\(name)")
            facts["HTTP_HOST"] = "api.example.com"
        }
    }

    @Test(
        "headers and variables: a text in which * matches anything",
        arguments: [
            ("{ header: { X-Tenant: acme } }", "HTTP_X_TENANT", "acme", true),
            ("{ header: { x-tenant: acme } }", "HTTP_X_TENANT", "acme", true),
            ("{ header: { X-Tenant: acme } }", "HTTP_X_TENANT", "Acme", false),
            ("{ header: { X-Tenant: acme } }", "HTTP_X_TENANT", "acme2", false),
            ("{ header: { X-Tenant: acme } }", "HTTP_X_OTHER", "acme", false),
            ("{ header: { X-Tenant: \"*\" } }", "HTTP_X_TENANT", "", true),
            ("{ header: { X-Tenant: \"*\" } }", "HTTP_X_OTHER", "x", false),
            ("{ header: { User-Agent: \"*bot*\" } }", "HTTP_USER_AGENT", "a robot!", true),
            ("{ header: { User-Agent: \"*bot*\" } }", "HTTP_USER_AGENT", "bo", false),
            ("{ header: { User-Agent: \"a*b*c\" } }", "HTTP_USER_AGENT", "abc", true),
            ("{ header: { User-Agent: \"a*b*c\" } }", "HTTP_USER_AGENT", "axxbxxbxc", true),
            ("{ header: { User-Agent: \"a*b*c\" } }", "HTTP_USER_AGENT", "acb", false),
            ("{ header: { User-Agent: \"aa*aa\" } }", "HTTP_USER_AGENT", "aaa", false),
            ("{ header: { User-Agent: \"a*ab*b\" } }", "HTTP_USER_AGENT", "aab", false),
            ("{ header: { Content-Type: text/csv } }", "CONTENT_TYPE", "text/csv", true),
            ("{ variable: { GEOIP_COUNTRY: CH } }", "GEOIP_COUNTRY", "CH", true),
            ("{ variable: { GEOIP_COUNTRY: CH } }", "GEOIP_COUNTRY", "DE", false),
        ])
    func headers(match: String, variable: String, value: String, expected: Bool) throws {
        #expect(try Self.matches(match, [variable: value]) == expected)
    }

    @Test(
        "query parameters: decoded, any of repeated ones, from the target",
        arguments: [
            ("format=csv", true), ("a=1&format=csv", true), ("format=xml&format=csv", true), ("f%6Frmat=cs%76", true),
            ("format=", false), ("format", false), ("formats=csv", false), ("", false), ("format=csv2", false),
        ])
    func queries(query: String, expected: Bool) throws {
        #expect(try Self.matches("{ query: { format: csv } }", ["REQUEST_URI": "/?" + query]) == expected)
        // A guard's subrequest has another query string than the client's request.
        #expect(
            try Self.matches("{ query: { format: csv } }", ["REQUEST_URI": "/?" + query, "QUERY_STRING": "format=csv"])
                == expected)
    }

    @Test("without REQUEST_URI, SCRIPT_NAME, PATH_INFO and QUERY_STRING are used, which are decoded already")
    func plainCGI() throws {
        var facts = SampleRequest([
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": "/cgi", "PATH_INFO": "/a%41", "QUERY_STRING": "x=1",
        ])
        let rulebook = try Rulebook.of(
            """
            policies: { p: { limit: 1 per second } }
            rules: [{ match: { path: /cgi/a%2541, query: { x: 1 } }, policies: [p] }]
            """)
        #expect(rulebook.match(for: facts).ruleIndices == [0])
        facts["PATH_INFO"] = "/aA"
        #expect(rulebook.match(for: facts).ruleIndices == [])
    }

    @Test(
        "addresses: the client's",
        arguments: [
            ("{ address: 203.0.113.0/24 }", true), ("{ address: [198.51.100.0/24, 203.0.113.9] }", true),
            ("{ address: 198.51.100.0/24 }", false), ("{ address: \"::/0\" }", false),
        ])
    func addresses(match: String, expected: Bool) throws {
        #expect(try Self.matches(match, [:]) == expected)
    }

    @Test(
        "a rule matches if all its conditions hold",
        arguments: [
            ("{ method: GET, path: [/a, /b/*], path_regex: \"[0-9]$\" }", "/b/7", true),
            ("{ method: GET, path: [/a, /b/*], path_regex: \"[0-9]$\" }", "/b/x", false),
            ("{ method: GET, path: [/a, /b/*], path_regex: \"[0-9]$\" }", "/c/7", false),
            ("{ method: POST, path: [/a, /b/*] }", "/a", false),
        ])
    func all(match: String, target: String, expected: Bool) throws {
        #expect(try Self.matches(match, ["REQUEST_URI": target]) == expected)
    }

    private static let several = """
        policies: { a: { limit: 5 per second }, b: { limit: 9 per minute }, c: { limit: 7 per hour } }
        rules:
          - { match: { path: /static/** }, policies: none }
          - { name: writes, match: { method: [POST, PUT], path: [/api/**, /api/data] }, policies: [a], cost: 3 }
          - { match: { path: /api/data }, policies: [a, b] }
          - { match: { path: /api/** }, policies: [b], cost: 2 }
          - { policies: [c] }
        """

    @Test(
        "first: the first matching rule in the file counts, whatever the depth of its path",
        arguments: [
            ("POST", "/api/data", [1]), ("GET", "/api/data", [2]), ("GET", "/api/x", [3]), ("GET", "/x", [4]),
            ("GET", "/static/x", [0]),
        ])
    func first(method: String, target: String, indices: [Int]) throws {
        let rulebook = try Rulebook.of(Self.several)
        let plan = rulebook.match(for: Self.facts(["REQUEST_METHOD": method, "REQUEST_URI": target]))
        #expect(plan.ruleIndices == indices)
    }

    @Test("all: every matching rule counts once, in the order of the file, a shared policy at the highest cost")
    func allRules() throws {
        let text =
            "matching: all\n"
            + Self.several.replacing(
                "{ match: { path: /static/** }, policies: none }", with: "{ policies: [c], cost: 2 }")
        let rulebook = try Rulebook.of(text)
        let plan = rulebook.match(for: Self.facts(["REQUEST_METHOD": "POST", "REQUEST_URI": "/api/data"]))
        #expect(plan.ruleIndices == [0, 1, 2, 3, 4])
        let client = "address=203.0.113.9"
        #expect(plan.summary == "c 2 \(client), a 3 \(client), b 2 \(client)")
        #expect(rulebook.match(for: Self.facts(["REQUEST_URI": "/x"])).ruleIndices == [0, 4])
    }

    @Test("a match names its rules")
    func names() throws {
        let plan = try Rulebook.of(Self.several).match(
            for: Self.facts(["REQUEST_METHOD": "PUT", "REQUEST_URI": "/api"]))
        guard case .limited(let charge, let matches) = plan else {
            Issue.record("the request is not limited")
            return
        }
        #expect(matches.map(\.rule.description) == ["rules[1] writes"])
        #expect(matches.map(\.rule.line) == [4])
        #expect(matches.map(\.cost) == [3])
        #expect(matches.map { text($0.identity.bytes) } == ["address=203.0.113.9"])
        #expect(charge.entries.map(\.cost) == [3])
    }
}
