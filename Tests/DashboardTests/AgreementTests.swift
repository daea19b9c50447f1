import Foundation
import Servers
import Testing

@Suite("What a client has left")
struct AgreementTests {
    private static let rules = """
        trusted_proxies: [127.0.0.1]
        proxy_header: X-Forwarded-For
        api_keys: { file: keys }
        banned: ["2001:db8:bad::/48"]
        policies:
          p: { limit: 5 per day, plans: { gold: 50 per day } }
          t: { limit: 20 per day, algorithm: token_bucket }
        rules:
          - { match: { path: /api/data }, count: api_key or address, policies: [p, t] }

        """

    @Test("is the same in headers, peek, explain and the dashboard, for a plan, a hashed key, IPv6 and a banned client")
    func alike() throws {
        let folder = try TemporaryFolder()
        let digest = try Program("sh", package: "dash").run(["-c", "printf key-two | sha256sum"]).text.prefix(64)
        chmod(try folder.write("sha256:\(digest) gold\n", to: "keys"), 0o600)
        let rules = try folder.write(Self.rules, to: "limits.yaml")
        let store = "embedded:\(folder.path("store"))"
        let options = ["--rules", rules, "--store", store]
        let postgres = try PostgresServer.withSchema()
        let limiter = try LimiterProcess(store: store, flags: ["--rules", rules])
        let site = try DashboardSite(
            .nginx, postgres: postgres.location, limiter: limiter, store: store, flags: ["--rules", rules],
            companions: [postgres, folder])
        let client = site.client()
        let program = try Program(built: "fcgi-limiter")
        /// `48 of 50` by policy in the lines of a command.
        func left(_ words: [String]) throws -> [String] {
            try program.run(words + options).text.matches(of: #/(\d+ of \d+) left/#).map { String($0.1) }
        }

        let key = "sha256:\(digest.prefix(32))"
        for (header, request, named, identity, expected) in [
            (
                ["X-API-Key": "key-two"], ["--header", "X-API-Key: key-two"], ["api_key=key-two", "api_key=\(key)"],
                "api_key=\(key)", ["48 of 50", "18 of 20"]
            ),
            (
                ["X-Forwarded-For": "2001:db8:1:2::7"], ["--address", "2001:db8:1:2:ffff::1"],
                ["address=2001:db8:1:2::9", "address=2001:db8:1:2::/64"], "address=2001:db8:1:2::/64",
                ["3 of 5", "18 of 20"]
            ),
        ] as [(KeyValuePairs<String, String>, [String], [String], String, [String])] {
            _ = try client.get("/api/data", headers: header)
            let answer = try client.get("/api/data", headers: header)
            let quotas = (answer["RateLimit-Policy"] ?? "").matches(of: #/q=(\d+)/#).map(\.1)
            let rests = (answer["RateLimit"] ?? "").matches(of: #/r=(\d+)/#).map(\.1)
            #expect(zip(rests, quotas).map { "\($0) of \($1)" } == expected)
            #expect(try left(["explain", "/api/data"] + request) == expected)
            for name in named { #expect(try left(["peek", name]) == expected, "\(name)") }
            let rows = try client.get("/limits/left.json?client=\(identity)").list()
            #expect(rows.map { "\($0["remaining"] ?? "") of \($0["limit"] ?? "")" } == expected)
        }

        let bad = "2001:db8:bad::7"
        let line = "banned: address=\(bad) is on the ban list; the answer is 403"
        #expect(try client.get("/api/data", headers: ["X-Forwarded-For": bad]).status == 403)
        #expect(try program.run(["explain", "/api/data", "--address", bad] + options).text == line)
        #expect(try program.run(["peek", "address=\(bad)"] + options).text == line)
        let page = try client.get("/limits/client?client=address=\(bad)").text
        #expect(page.contains("The client is on the ban list."))
    }
}
