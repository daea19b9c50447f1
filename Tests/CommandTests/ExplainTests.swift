import Limiters
import Rules
import Servers
import Stores
import Testing

@Suite("explain")
struct ExplainTests {
    static let first = """
        banned: [198.51.100.0/24, { user: mallory }]
        exempt: [192.0.2.0/24]
        policies:
          data: { limit: 3 per minute, algorithm: sliding_window }
          search: { limit: 4 per 30 seconds, algorithm: token_bucket }
          trial: { limit: 1 per 1500 milliseconds, algorithm: token_bucket, mode: shadow }
        rules:
          - name: data
            match: { method: GET, path: /api/data }
            count: api_key or address
            policies: [data, trial]
          - match: { path: /api/health }
            policies: none
          - match: { path: /api/**, header: { X-Tenant: "a, b" } }
            cost: 2
            policies: [search]

        """

    static let all = """
        matching: all
        policies:
          one: { limit: 10 per second }
          two: { limit: 100 per day, algorithm: token_bucket, on_store_failure: local }
        rules:
          - { match: { path: /api/** }, policies: [one] }
          - { name: total, match: { path: /** }, count: everyone, cost: 5, policies: [two] }

        """

    static let ended = """
        policies:
          login: { limit: 5 per hour, count_if: { status: 401 } }
          tokens: { limit: 9 per day, cost: { response_header: X-Cost }, at_first: 3, count_unless: { status: 5xx } }
          exports: { limit: 2 at once, lease: 1 minute }
        rules:
          - { match: { path: /a }, policies: [login, tokens, exports] }
          - { match: { path: /b }, cost: 0, policies: [login, tokens, exports] }

        """

    /// Rules, more arguments, and the printed lines.
    static let outcomes: [(String, [String], [String])] = [
        (
            first, ["/api/data"],
            [
                "rules[0] data in line 8 counts address=127.0.0.1, cost 1",
                "  data: 3 per 60 s, sliding_window, key window:{address=127.0.0.1}:data",
                "  trial: 1 per 1500 ms, token_bucket, shadow, key bucket:{address=127.0.0.1}:trial",
            ]
        ),
        (
            first, ["GET //api/%64ata?x=1", "--header", "x-api-key:  a b "],
            [
                "rules[0] data in line 8 counts api_key=sha256:c8687a08aa5d6ed2044328fa6a697ab8, cost 1",
                "  data: 3 per 60 s, sliding_window, key window:{api_key=sha256:c8687a08aa5d6ed2044328fa6a697ab8}:data",
                "  trial: 1 per 1500 ms, token_bucket, shadow, key bucket:{api_key=sha256:c8687a08aa5d6ed2044328fa6a697ab8}:trial",
            ]
        ),
        // Repeated headers are joined, as by web servers.
        (
            first,
            ["POST /api/data", "--header", "X-Tenant: a", "--header", "X-Tenant: b", "--address", "2001:db8::9"],
            [
                "rules[2] in line 14 counts address=2001:db8::/64, cost 2",
                "  search: 4 per 30 s, token_bucket, key bucket:{address=2001:db8::/64}:search",
            ]
        ),
        (first, ["POST /api/data", "--header", "X-Tenant: a"], ["unlimited: no rule matches this request"]),
        (first, ["/static"], ["unlimited: no rule matches this request"]),
        (first, ["/api/health"], ["unlimited: rules[1] in line 12 allows the request without counting it"]),
        (
            first, ["/api/data", "--address", "192.0.2.4"],
            ["unlimited: address=192.0.2.4 is on the exempt list"]
        ),
        (
            first, ["/static", "--address", "198.51.100.4"],
            ["banned: address=198.51.100.4 is on the ban list; the answer is 403"]
        ),
        (
            first, ["/static", "--variable", "REMOTE_USER=mallory"],
            ["banned: user=mallory is on the ban list; the answer is 403"]
        ),
        (
            ended, ["/a"],
            [
                "rules[0] in line 6 counts address=127.0.0.1, cost 1",
                "  login: 5 per 3600 s, sliding_window, refunded unless the status is 401, key window:{address=127.0.0.1}:login",
                "  tokens: 9 per 86400 s, sliding_window, charged 3, then corrected to X-Cost of the answer, "
                    + "refunded if the status is 500-599, key window:{address=127.0.0.1}:tokens",
                "  exports: 2 at once, lease 60 s, released when the request ends, key window:{address=127.0.0.1}:exports",
            ]
        ),
        (
            ended, ["/b"],
            [
                "rules[1] in line 7 counts address=127.0.0.1, cost 0",
                "  login: 5 per 3600 s, sliding_window, nothing charged, key window:{address=127.0.0.1}:login",
                "  tokens: 9 per 86400 s, sliding_window, nothing charged, key window:{address=127.0.0.1}:tokens",
                "  exports: 2 at once, lease 60 s, nothing charged, key window:{address=127.0.0.1}:exports",
            ]
        ),
        (
            all, ["/api/data", "--address", "203.0.113.9"],
            [
                "rules[0] in line 6 counts address=203.0.113.9, cost 1",
                "rules[1] total in line 7 counts all, cost 5",
                "  one: 10 per 1 s, sliding_window, key window:{address=203.0.113.9}:one",
                "  two: 100 per 86400 s, token_bucket, local while the store is unavailable, key bucket:{all}:two",
            ]
        ),
    ]

    @Test("prints which rules match a request, whom they count, and by which policies", arguments: outcomes)
    func explain(rules: String, words: [String], lines: [String]) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(rules, to: "limits.yaml")
        #expect(try limiter(["explain", "--rules", path] + words).lines == lines)
    }
}

@Suite("Commands and a store")
struct StoreCommandTests {
    enum Kind: CaseIterable { case embedded, redis }

    @Test("explain and peek print what is left and charge nothing; reset restores the quotas", arguments: Kind.allCases)
    func store(kind: Kind) throws {
        let folder = try TemporaryFolder()
        let redis = kind == .redis ? try RedisServer() : nil
        let store = redis.map { "redis+unix:\($0.socket)" } ?? "embedded:\(folder.path("store"))"
        let rules = """
            policies:
              data: { limit: 5 per day, algorithm: sliding_window }
              search: { limit: 24 per day, algorithm: token_bucket }
            rules:
              - { match: { path: /a }, count: api_key, policies: [data, search] }

            """
        let path = try folder.write(rules, to: "limits.yaml")
        let common = ["--rules", path, "--store", store]
        let (rulebook, _) = try Rulebook.load(path: path)
        let open = try StoreLocation(store).open()
        func charge() throws -> Bool {
            let facts = SampleRequest(method: "GET", target: "/a", address: "::1", headers: ["X-API-Key": "k"])
            guard case .limited(let charge, _) = rulebook.match(for: facts) else { return false }
            return try open.charge([charge])[0].isAllowed
        }
        func explain() throws -> [String] {
            try limiter(["explain", "/a", "--header", "X-API-Key: k"] + common).lines
        }
        func explained(_ data: String, _ search: String) -> [String] {
            [
                "rules[0] in line 5 counts api_key=sha256:8254c329a92850f6d539dd376f4816ee, cost 1",
                "  data: 5 per 86400 s, sliding_window, key window:{api_key=sha256:8254c329a92850f6d539dd376f4816ee}:data",
                "    \(data)",
                "  search: 24 per 86400 s, token_bucket, key bucket:{api_key=sha256:8254c329a92850f6d539dd376f4816ee}:search",
                "    \(search)",
            ]
        }
        func peek(_ key: String) throws -> [String] { try limiter(["peek", "api_key=\(key)"] + common).lines }
        func reset(_ key: String) throws -> [String] { try limiter(["reset", "api_key=\(key)"] + common).lines }

        #expect(try explain() == explained("5 of 5 left", "24 of 24 left"))
        #expect(try peek("k") == ["data: 5 of 5 left", "search: 24 of 24 left"])
        for _ in 0..<2 { #expect(try charge()) }
        for _ in 0..<20 {
            // The times at the ends of the lines depend on the duration of the test.
            let lines = try explain().map { $0.replacing(/, full again in [0-9]+ s/, with: "") }
            #expect(lines == explained("3 of 5 left", "22 of 24 left"))
        }
        let left = try peek("k").joined(separator: "; ")
        #expect(left.contains(#/^data: 3 of 5 left, full again in 86[34]\d\d s; /#))
        #expect(left.contains(/; search: 22 of 24 left, full again in 7[12]\d\d s$/))
        #expect(try peek("other") == ["data: 5 of 5 left", "search: 24 of 24 left"])
        #expect(try (0..<5).map { _ in try charge() } == [true, true, true, false, false])

        #expect(
            try reset("other") == [
                "reset api_key=sha256:d9298a10d1b0735837dc4bd85dac641b: 0 of 2 policies had counted it"
            ])
        #expect(try !charge())
        #expect(
            try reset("k") == ["reset api_key=sha256:8254c329a92850f6d539dd376f4816ee: 2 of 2 policies had counted it"])
        #expect(try peek("k") == ["data: 5 of 5 left", "search: 24 of 24 left"])
        #expect(try (0..<6).map { _ in try charge() } == [true, true, true, true, true, false])
    }
}
