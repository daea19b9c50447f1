import Foundation
import Servers
import Testing

@Suite("Recording")
struct RecordingTests {
    private static let rules = """
        banned: [{ api_key: mallory }]
        exempt: [{ api_key: monitor }]
        policies:
          two: { limit: 2 per hour, algorithm: sliding_window }
          four: { limit: 4 per hour, algorithm: token_bucket }
          trial: { limit: 1 per hour, algorithm: token_bucket, mode: shadow }
        rules:
          - { match: { path: /api/data }, count: api_key, policies: [two, four] }
          - { name: "search \\"all\\"", match: { path: /api/search }, count: api_key, policies: [four, trial] }
        """

    @Test("each request counts once, by its governing policy and its outcome")
    func outcomes() throws {
        let site = try RecordedSite(rules: Self.rules)
        let client = site.client()
        func ask(_ count: Int, _ target: String, _ key: String) throws {
            for _ in 0..<count {
                _ = try client.get(target, headers: ["X-API-Key": key, "User-Agent": "a\"<b>\u{E9}"])
            }
        }
        try ask(5, "/api/data", "a")
        try ask(6, "/api/search", "a")
        try ask(3, "/api/data", "mallory")
        // No rule counts these.
        try ask(3, "/api/data", "monitor")
        try ask(2, "/health", "a")
        try ask(2, "/nothing", "a")
        #expect(waitUntil { site.requests == 14 })
        #expect(
            try site.sums() == [
                "*|banned|blocked|3|0",
                "/api/data|two|allowed|2|2", "/api/data|two|blocked|3|0",
                // Two of its four units went to the other endpoint.
                "/api/search|four|allowed|1|1", "/api/search|four|blocked|4|0", "/api/search|trial|shadow_blocked|1|1",
            ])
        #expect(
            try site.database.query(
                """
                select client, endpoint, policy, count(*), bool_and(retry_after > 0), address, user_agent, method,
                    host is null, path, status
                from limiter.events e join limiter.series s on s.id = e.series group by 1, 2, 3, 6, 7, 8, 9, 10, 11 order by 1, 2
                """) == """
                    api_key=sha256:c0a497761b175379ed63397cc9805465|*|banned|3||127.0.0.1|a"<b>\u{E9}|GET|t|/api/data|403
                    api_key=sha256:ca978112ca1bbdcafac231b39a23dc4d|/api/data|two|3|t|127.0.0.1|a"<b>\u{E9}|GET|t|/api/data|429
                    api_key=sha256:ca978112ca1bbdcafac231b39a23dc4d|/api/search|four|4|t|127.0.0.1|a"<b>\u{E9}|GET|t|/api/search|429
                    """)
        #expect(
            try site.database.query(
                "select client, sum(allowed), sum(blocked) from limiter.clients_1d group by 1 order by 1")
                == "api_key=sha256:c0a497761b175379ed63397cc9805465|0|3\napi_key=sha256:ca978112ca1bbdcafac231b39a23dc4d|4|7"
        )
        #expect(
            try site.database.query(
                "select dimension, value, sum(allowed), sum(blocked) from limiter.values_1d group by 1, 2 order by 1, 2"
            )
                == """
                address|127.0.0.1|4|10
                network|127.0.0.0/24|4|10
                path|/api/data|2|6
                path|/api/search|2|4
                user_agent|a"<b>\u{E9}|4|10
                """)
    }

    @Test("a request that matches several rules counts under the rule of its governing policy")
    func allRules() throws {
        let site = try RecordedSite(rules: "matching: all\n" + Self.rules.replacing("/api/search", with: "/api/**"))
        let client = site.client()
        for _ in 0..<3 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        #expect(waitUntil { site.requests == 3 })
        #expect(
            try site.sums() == [
                "/api/**|trial|shadow_blocked|1|1", "/api/data|two|allowed|1|1", "/api/data|two|blocked|1|0",
            ])
    }

    @Test("requests that the store does not decide count as failed, with their answer", arguments: ["allow", "deny"])
    func failed(answer: String) throws {
        let redis = try RedisServer()
        let site = try RecordedSite(store: "redis+unix:\(redis.socket)", flags: ["--on-store-failure", answer])
        redis.stop()
        let client = site.client()
        var failed = 0
        #expect(
            try waitUntil {
                let answered = try client.get("/api/data", headers: ["X-API-Key": "a"])
                failed += 1
                return answered.status == (answer == "deny" ? 503 : 200) && failed >= 3
            })
        #expect(waitUntil { site.requests == failed })
        #expect(try site.sums() == ["/api/data|data|failed|\(failed)|\(answer == "deny" ? 0 : failed)"])
        #expect(site.number("select count(*) from limiter.processes where store = 'redis' and store_errors > 0") == 1)
        #expect(
            waitUntil { site.number("select count(*) from limiter.processes where store_state like '%redis%'") == 1 })
    }

    @Test("after a reload requests count under the new names, and none is lost")
    func reload() throws {
        let site = try RecordedSite(rules: Self.rules)
        let client = site.client()
        for _ in 0..<2 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        try site.folder.write(Self.rules.replacing("two", with: "deux"), to: "limits.yaml")
        site.limiters[0].send(SIGHUP)
        #expect(
            try waitUntil {
                let policies = try client.get("/api/data", headers: ["X-API-Key": "b"])["RateLimit-Policy"]
                return policies?.contains("deux") == true
            })
        for _ in 0..<2 { _ = try client.get("/api/data", headers: ["X-API-Key": "c"]) }
        let allowed = #",algorithm="sliding_window",outcome="allowed"} "#
        let metrics = try client.get("/metrics?format=prometheus").text
        #expect(metrics.contains(#"policy="two"\#(allowed)4"#))
        #expect(metrics.contains(#"policy="deux"\#(allowed)2"#))
        #expect(waitUntil { (try? site.sums())?.contains("/api/data|deux|allowed|2|2") == true })
        #expect(try site.sums().contains("/api/data|two|allowed|4|4"))
    }

    @Test("starts, stops, reloads and outages of the store are annotated once each")
    func annotations() throws {
        let redis = try RedisServer()
        let site = try RecordedSite(rules: Self.rules, store: "redis+unix:\(redis.socket)")
        func annotated() throws -> [String] {
            try site.database.query("select kind, text from limiter.annotations order by at, id")
                .split(separator: "\n").map(String.init)
        }
        func kinds() -> [Substring]? { try? annotated().compactMap { $0.split(separator: "|").first } }
        #expect(waitUntil { kinds() == ["start"] })
        #expect(try annotated().first?.hasSuffix("started with 2 rules in \(site.folder.path("limits.yaml"))") == true)
        site.limiters[0].send(SIGHUP)
        #expect(waitUntil { kinds() == ["start", "reload"] })
        redis.stop()
        // A batch that fails opens the breaker.
        let client = site.client()
        _ = try client.get("/api/data", headers: ["X-API-Key": "a"])
        #expect(waitUntil { kinds() == ["start", "reload", "store_down"] })
        try redis.restart()
        // Batches that succeed close it.
        #expect(
            try waitUntil {
                _ = try client.get("/api/data", headers: ["X-API-Key": "a"])
                return kinds() == ["start", "reload", "store_down", "store_up"]
            })
        site.limiters[0].send(SIGTERM)
        #expect(site.limiters[0].waitForEnd(deadline: 10) == 0)
        #expect(kinds() == ["start", "reload", "store_down", "store_up", "stop"])
        #expect(try site.database.number("select count(distinct host) from limiter.annotations where host <> ''") == 1)
    }

    @Test("metrics show the last hour of all processes if PostgreSQL is up, else of the process that answers")
    func metrics() throws {
        let site = try RecordedSite(limiters: 2)
        let client = site.client()
        // nginx sends them to both in turn.
        for _ in 0..<12 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        #expect(waitUntil { site.requests == 12 })
        // Both have queried the database when two answers in a row agree.
        #expect(
            try waitUntil {
                try (0..<2).allSatisfy { _ in
                    let metrics = try client.get("/metrics").json()
                    return metrics["source"] as? String == "postgresql" && metrics["allowed"] as? Int == 10
                        && metrics["blocked"] as? Int == 2
                        && (metrics["endpoints"] as? [String: [String: Int]])?["/api/data"]?["blocked"] == 2
                }
            })

        site.database.stop()
        for _ in 0..<4 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        #expect(
            try waitUntil {
                let metrics = try client.get("/metrics").json()
                return metrics["source"] as? String == "process" && metrics["total"] as? Int ?? 0 < 12
            })
        #expect(
            try waitUntil {
                let text = try client.get("/metrics?format=prometheus").text
                return text.contains("fcgi_limiter_recorder_up 0\n")
                    && text.firstMatch(of: /fcgi_limiter_recorder_backlog_batches [1-9]/) != nil
                    && text.firstMatch(of: /fcgi_limiter_recorder_spool_bytes [1-9]/) != nil
            })
    }

    @Test("health shows whether PostgreSQL accepts counts, what waits, and when it last wrote; an outage degrades it")
    func health() throws {
        let site = try RecordedSite()
        let client = site.client()
        func database() throws -> [String: Any] {
            let answer = try client.get("/health")
            #expect(answer.status == 200)
            let health = try answer.json()
            let database = try #require(health["postgresql"] as? [String: Any])
            #expect(health["status"] as? String == (database["error"] == nil ? "ok" : "degraded"))
            #expect((health["store"] as? [String: Any])?["state"] as? String == "up")
            return database
        }
        func isConnected() throws -> Bool {
            let database = try database()
            return database["state"] as? String == "connected" && database["backlog_batches"] as? Int == 0
                && database["spooled_bytes"] as? Int == 0 && database["error"] == nil
                && database["seconds_since_write"] as? Int ?? 100 < 20
        }
        #expect(try waitUntil(isConnected))

        site.database.stop()
        for _ in 0..<4 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        #expect(try waitUntil { try database()["state"] as? String == "unreachable" })
        #expect(try waitUntil { try database()["seconds_since_write"] as? Int ?? 0 >= 2 })
        let failed = try database()
        #expect(failed["backlog_batches"] as? Int ?? 0 > 0)
        #expect(failed["spooled_bytes"] as? Int ?? 0 > 0)
        #expect((failed["error"] as? String)?.contains(site.database.host) == true)
        // A client on another machine, of a site whose status pages are open, is shown no address.
        let open = try NginxServer(
            Template(
                http: """
                    upstream fcgi_limiter { server unix:@limiter@; }
                    server { listen 127.0.0.1:@port@; location / { include @nginx@/responder.conf; } }
                    """), ["limiter": site.limiters[0].socket])
        let shown = try open.client().get("/health", headers: ["X-Forwarded-For": "203.0.113.9"]).text
        #expect(shown.contains(#""error":"unreachable"}"#))
        #expect(!shown.contains(site.database.host))
        try site.database.start()
        #expect(try waitUntil(isConnected))
        #expect(site.requests == 4)
    }

    @Test("a limiter that counts nothing sees that PostgreSQL refuses a statement, and that it accepts it again")
    func idleHealth() throws {
        let site = try RecordedSite()
        let client = site.client()
        func state() throws -> String? {
            (try client.get("/health").json()["postgresql"] as? [String: Any])?["state"] as? String
        }
        #expect(try waitUntil { try state() == "connected" })
        // A new limiter asks for the counts of the last hour. Nothing waits for the database meanwhile.
        try site.database.query("alter function limiter.last_hour() rename to away")
        site.limiters[0].send(SIGTERM)
        #expect(site.limiters[0].waitForEnd(deadline: 10) == 0)
        try site.limiters[0].restart()
        #expect(try waitUntil { try state() == "unreachable" })
        try site.database.query("alter function limiter.away() rename to last_hour")
        #expect(try waitUntil { try state() == "connected" })
    }

    @Test("no number in the database ends a limiter")
    func hugeNumbers() throws {
        let site = try RecordedSite()
        let client = site.client()
        for path in ["/api/data", "/api/search"] { _ = try client.get(path, headers: ["X-API-Key": "a"]) }
        #expect(waitUntil { site.requests == 2 })
        try site.database.query("update limiter.decisions_10s set requests = 6000000000000000000")
        #expect(try waitUntil { try client.get("/metrics").json()["total"] as? Int == .max })
        let endpoints = try client.get("/metrics").json()["endpoints"] as? [String: [String: Int]]
        #expect(endpoints?["/api/data"]?["total"] == 6_000_000_000_000_000_000)
        #expect(try client.get("/api/data", headers: ["X-API-Key": "a"]).status == 200)
        #expect(waitUntil { site.number("select max(requests) from limiter.decisions_1h") >= 2 })
        #expect(site.limiters[0].logLines("error") == [])
    }

    @Test("a limiter that is killed while PostgreSQL is down loses no spooled count: another one writes them")
    func killed() throws {
        let site = try RecordedSite(limiters: 2)
        let client = site.client()
        site.database.stop()
        for _ in 0..<40 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        #expect(try waitUntil { try site.spooledRequests() == 40 })
        site.limiters[0].send(SIGKILL)
        #expect(site.limiters[0].waitForEnd(deadline: 10) == -SIGKILL)
        try site.database.start()
        #expect(waitUntil { site.requests == 40 })
        #expect(waitUntil { (try? site.spooledRequests()) == 0 })
        #expect(site.requests == 40)
    }

    @Test("SIGTERM leaves no count unwritten, and ends in time while PostgreSQL does not answer")
    func terminated() throws {
        let site = try RecordedSite()
        let client = site.client()
        for _ in 0..<12 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        site.limiters[0].send(SIGTERM)
        #expect(site.limiters[0].waitForEnd(deadline: 10) == 0)
        #expect(site.requests == 12)
        try site.limiters[0].restart()
        for _ in 0..<3 { _ = try client.get("/api/data", headers: ["X-API-Key": "b"]) }
        site.database.freeze(true)
        for _ in 0..<3 { _ = try client.get("/api/data", headers: ["X-API-Key": "b"]) }
        site.limiters[0].send(SIGTERM)
        // mod_fcgid kills after three seconds.
        #expect(site.limiters[0].waitForEnd(deadline: 3) == 0)
        site.database.freeze(false)
        try site.limiters[0].restart()
        #expect(waitUntil { site.requests == 18 })
    }

    @Test("a full disk is logged in one line, and changes neither answers nor counts")
    func fullDisk() throws {
        let database = try PostgresServer()
        let folder = try TemporaryFolder()
        // A full disk that only this process sees.
        let script = """
            mount -t tmpfs -o size=64k,mode=755 tmpfs \(folder.path) || exit 99
            dd if=/dev/zero of=\(folder.path)/other bs=4k 2>/dev/null
            exec \(try Program(built: "fcgi-limiter").path)
            """
        let memory = try TemporaryFolder()
        let environment = [
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": "/api/data",
            "REMOTE_ADDR": "203.0.113.9", "FCGI_LIMITER_SPOOL": folder.path,
            "FCGI_LIMITER_STORE": "embedded:\(memory.path("store"))",
            "FCGI_LIMITER_POSTGRES": database.location,
        ]
        // A user other than root also needs a user namespace.
        let root = geteuid() == 0 ? [] : ["--map-root-user"]
        let outcome = try Program("unshare", package: "util-linux").run(
            root + ["--mount", "sh", "-c", script], environment: environment)
        #expect(outcome.status == 0)
        #expect(outcome.text.contains("Status: 200 OK"))
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(outcome.errors.contains("No space left on device; counts stay in memory"))
        #expect(try database.number("select sum(requests) from limiter.decisions_1h") == 1)
    }

    @Test("an unusable spool is logged in one line, and changes neither answers nor sums")
    func unusableSpool() throws {
        let database = try PostgresServer()
        let folder = try TemporaryFolder()
        // Nobody can create a folder there.
        let limiter = try LimiterProcess(
            store: "embedded:\(folder.path("store"))",
            flags: ["--postgres", database.location, "--spool", "/dev/full/spool"])
        let nginx = try NginxServer(limiter)
        let client = HTTPClient(nginx, port: nginx.port)
        for round in 1...3 {
            for _ in 0..<4 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
            let sum = "select sum(requests) from limiter.decisions_10s"
            #expect(waitUntil { (try? database.number(sum)) == 4 * round })
        }
        #expect(
            limiter.logLines("error") == [
                "/dev/full/spool: Not a directory; counts stay in memory, and are lost if the process is killed"
            ])
    }

    @Test("a CGI program answers first, and has written its counts when it ends")
    func cgi() throws {
        let database = try PostgresServer()
        let folder = try TemporaryFolder()
        let environment = [
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": "/api/data",
            "REMOTE_ADDR": "203.0.113.9", "FCGI_LIMITER_STORE": "embedded:\(folder.path("store"))",
            "FCGI_LIMITER_SPOOL": folder.path("spool"), "POSTGRES_HOST": database.host, "POSTGRES_USER": "limiter",
            "POSTGRES_DB": "site",
        ]
        for _ in 0..<2 {
            let outcome = try Program(built: "fcgi-limiter").run(environment: environment)
            #expect(outcome.status == 0)
            #expect(outcome.text.contains("Status: 200 OK"))
            #expect(outcome.errors == "")
        }
        let health = try Program(built: "fcgi-limiter").run(
            environment: environment.merging(["REQUEST_URI": "/health"]) { $1 })
        #expect(health.text.contains(#""postgresql":{"state":"unknown","backlog_batches":0,"#))
        #expect(try database.number("select sum(requests) from limiter.decisions_1h") == 2)
        // While the database is down counts wait in files, which is logged once. The next program writes them.
        database.stop()
        for lines in [1, 0, 0] {
            let outcome = try Program(built: "fcgi-limiter").run(environment: environment)
            #expect(outcome.text.contains("Status: 200 OK"))
            #expect(outcome.errors.split(separator: "\n").count == lines)
        }
        try database.start()
        _ = try Program(built: "fcgi-limiter").run(environment: environment)
        #expect(try database.number("select sum(requests) from limiter.decisions_1h") == 6)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("spool")) == [])
    }

    @Test("migrate prints what it did, applies each change once, and needs a database")
    func migrate() async throws {
        let database = try PostgresServer()
        let location = "postgresql://limiter@\(database.host):5432/site"
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let outcome = try Program(built: "fcgi-limiter").run(["migrate", "--postgres", database.location])
                    return outcome.text + outcome.errors
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(
            texts.sorted().map { $0.replacing(location, with: "") }
                == [": schema 7, applied 1, 3, 4, 5, 6, 7", ": schema 7, nothing to do"])
        let without = try Program(built: "fcgi-limiter").run(["migrate"])
        #expect(without.errors == "Error: no database is named: write --postgres or set POSTGRES_HOST\n")
        #expect(without.status != 0)
    }

    @Test(
        "settings that cannot be used are one line, without a password",
        arguments: [
            (
                ["--postgres", "postgresql://u:secret%zz@h/d"],
                "--postgres: the PostgreSQL connection string is invalid: write"
            ),
            (["--postgres", "secret"], "--postgres: the PostgreSQL connection string is invalid: write"),
            (
                ["--postgres", "dbname=x", "--record-clients", "no"],
                "--record-clients \"no\" is not usable: write plain or hashed"
            ),
            (
                ["--postgres", "dbname=x", "--keep", "fine=0"],
                "--keep \"fine=0\" is not usable: write days from 1 to 3650"
            ),
            (
                ["--postgres", "dbname=x", "--spool", "/a?size=1"],
                "--spool \"/a?size=1\" is not usable: write a folder"
            ),
        ])
    func unusable(flags: [String], line: String) throws {
        let outcome = try Program(built: "fcgi-limiter").run(["serve", "--listen", "unix:/nowhere/s"] + flags)
        #expect(outcome.status != 0)
        #expect(outcome.errors.hasPrefix("Error: \(line)"))
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(!outcome.errors.contains("secret"))
    }
}
