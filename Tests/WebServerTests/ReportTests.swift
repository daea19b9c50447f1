import Foundation
import Limiters
import Servers
import Testing

@Suite("How requests ended, as nginx reports it")
struct ReportTests {
    @Test("wrong logins use up the limit and right ones cost nothing", arguments: [false, true])
    func login(onRedis: Bool) throws {
        let site = try ReportedSite(onRedis: onRedis)
        let client = site.client()
        func get(_ path: String) throws -> HTTPAnswer { try client.get(path, headers: ["X-API-Key": "a"]) }
        #expect(try get("/401")["X-RateLimit-Remaining"] == "2")
        for _ in 0..<20 {
            let answer = try get("/200")
            #expect(answer.status == 200)
            #expect(answer.headers.allSatisfy { !$0.name.lowercased().contains("receipt") })
            #expect(try waitUntil { try site.left() == "login: 2 of 3 left" })
        }
        #expect(try get("/403").status == 403)
        #expect(try get("/401").status == 401)
        let refused = try get("/200")
        #expect(refused.status == 429)
        #expect(Int(refused["Retry-After"] ?? "") ?? 0 > 3_500)
        #expect(try site.statuses(["/200"], key: "b") == [200])
        #expect(try waitUntil { try site.metric(#"reports_total{result="refunded"}"#) == 21 })
        #expect(try site.metric(#"reports_total{result="counted"}"#) == 3)
        #expect(try site.metric("receipts_total") == 24)
    }

    @Test("forged, damaged and repeated reports change nothing", arguments: [false, true])
    func forged(onRedis: Bool) throws {
        let spy = try ReportSpy()
        let site = try ReportedSite(onRedis: onRedis, reports: spy.port)
        #expect(try site.statuses(["/200", "/200"]) == [200, 200])
        let reports = try spy.receive(2)
        #expect(try site.left() == "login: 1 of 3 left")
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<10_000 {
            var bytes = Array(reports[0].utf8)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes = (0..<Int.random(in: 1..<300, using: &generator)).map { _ in UInt8.random(in: 1...255) }
            case 1:
                bytes = Array("fl1:".utf8) + (0..<200).map { _ in UInt8.random(in: 0x30...0x7A) } + Array(" 200".utf8)
            case 2: bytes.removeLast(Int.random(in: 5..<bytes.count - 4, using: &generator))
            default:
                let start = reports[0].utf8.firstRange(of: Array("fl1:".utf8)).map {
                    reports[0].utf8.distance(from: reports[0].startIndex, to: $0.lowerBound)
                }
                bytes[Int.random(in: (start ?? 0)..<bytes.count - 4, using: &generator)] ^= UInt8.random(in: 1...127)
            }
            // 0 would end the message.
            site.send(String(decoding: bytes.map { $0 == 0 ? 1 : $0 }, as: UTF8.self))
            if Int.random(in: 0..<100, using: &generator) == 0 { usleep(1_000) }
        }
        #expect(try site.left() == "login: 1 of 3 left")
        #expect(try site.metric(#"reports_total{result="invalid"}"#) > 5_000)
        #expect(try site.metric(#"reports_total{result="refunded"}"#) == 0)

        for _ in 0..<100 { site.send(reports[0]) }
        #expect(try waitUntil { try site.metric(#"reports_total{result="repeated"}"#) == 99 })
        #expect(try site.left() == "login: 2 of 3 left")
        // Another process does not settle it again either.
        try site.limiters[0].restart()
        // A process that answers hears reports. It accepts connections before that.
        #expect(try site.metric(#"reports_total{result="repeated"}"#) == 0)
        site.send(reports[0])
        #expect(try waitUntil { try site.metric(#"reports_total{result="repeated"}"#) == 1 })
        #expect(try site.left() == "login: 2 of 3 left")
        // What was charged before the restart is refunded after it.
        site.send(reports[1])
        #expect(try waitUntil { try site.left() == "login: 3 of 3 left" })
    }

    @Test("a report about a store that has lost its states gives nothing back")
    func lostStore() throws {
        let spy = try ReportSpy()
        let rules = ReportedSite.login.replacing("count_if", with: "algorithm: token_bucket, count_if")
        let site = try ReportedSite(rules: rules, onRedis: true, reports: spy.port)
        #expect(try site.statuses(["/200", "/200"]) == [200, 200])
        let reports = try spy.receive(2)
        try #require(site.redis).command("FLUSHALL")
        #expect(try site.statuses(["/401", "/401"]) == [401, 401])
        site.send(reports[0])
        #expect(try waitUntil { try site.metric(#"reports_total{result="invalid"}"#) == 1 })
        #expect(try site.left() == "login: 1 of 3 left")
        // Receipts with the next secret are settled.
        #expect(try waitUntil { try site.statuses(["/200"], key: "b") == [200] })
        site.send(try spy.receive(5)[4])
        #expect(try waitUntil { try site.left("b") == "login: 3 of 3 left" })
    }

    @Test("the charge of a request without a report stays, and the loss is counted and logged once")
    func lost() throws {
        let spy = try ReportSpy()
        let database = try PostgresServer()
        let site = try ReportedSite(
            flags: ["--report-timeout", "1", "--postgres", database.location], reports: spy.port)
        #expect(try site.statuses(["/200", "/401", "/200", "/200"]) == [200, 401, 200, 429])
        let reports = try spy.receive(3)
        site.send(reports[0])
        #expect(try waitUntil { try site.metric("reports_lost_total") == 2 })
        #expect(try site.metric("receipts_total") == 3)
        #expect(try site.left() == "login: 1 of 3 left")
        let warnings = site.limiters[0].logLines("warning").filter { $0.contains("needs report.conf") }
        #expect(warnings.count == 1)
        let annotated = "select text from limiter.annotations where kind = 'reports_lost'"
        #expect(
            waitUntil {
                (try? database.query(annotated))?.hasSuffix("they count however they ended") == true
            })
        // A late one is applied even so.
        site.send(reports[2])
        #expect(try waitUntil { try site.left() == "login: 2 of 3 left" })
    }

    @Test("a limiter whose address is taken says so once, and listens when it is free")
    func takenAddress() throws {
        var spy: ReportSpy? = try ReportSpy()
        let port = try #require(spy).port
        let site = try ReportedSite(flags: ["--reports", "127.0.0.1:\(port)"])
        func complaints() -> [String] {
            site.limiters[0].logLines("warning").filter { $0.contains("127.0.0.1:\(port)") }
        }
        #expect(waitUntil { !complaints().isEmpty })
        #expect(complaints().first?.contains("Address already in use; until this limiter can listen there") == true)
        spy = nil
        let program = try Program(built: "fcgi-limiter")
        #expect(
            try waitUntil {
                _ = try program.run(["report", "--reports", "127.0.0.1:\(port)"], input: Array("nothing\n".utf8))
                return try site.metric(#"reports_total{result="invalid"}"#) > 0
            })
        #expect(complaints().count == 1)
    }

    @Test("an application can report itself, with lines that `report` reads")
    func ownReports() throws {
        let spy = try ReportSpy()
        let site = try ReportedSite(reports: spy.port)
        #expect(try site.statuses(["/200", "/200"]) == [200, 200])
        let receipts = try spy.receive(2).map { $0.split(separator: " ")[$0.split(separator: " ").count - 2] }
        #expect(try site.left() == "login: 1 of 3 left")
        let lines = "\(receipts[0]) 401\n\(receipts[1]) 302\n"
        let outcome = try Program(built: "fcgi-limiter").run(
            ["report"], input: Array(lines.utf8), environment: ["FCGI_LIMITER_REPORTS": "127.0.0.1:\(site.port)"])
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome.errors)")
        #expect(try waitUntil { try site.left() == "login: 2 of 3 left" })
    }

    @Test(
        "the report has the status that the client got",
        arguments: [
            ("/302", "302"), ("/304", "304"), ("/500", "500"), ("/dead", "502"), ("/page", "404"), ("/file", "206"),
            ("/aborted", "499"), ("/redirect", "401"), ("/secret", "401"),
        ])
    func endings(path: String, status: String) throws {
        let spy = try ReportSpy()
        let silentPort = try FreePort().number
        let silent = try SilentListener(.tcp(port: silentPort), queue: 8)
        defer { withExtendedLifetime(silent) {} }
        let site = try ReportedSite(
            server: """
                root \(Template.path("Tests/Sites"));
                location /dead { include @nginx@/guard.conf; proxy_pass http://127.0.0.1:1; }
                location /page { include @nginx@/guard.conf; try_files /none =404; }
                location /file { include @nginx@/guard.conf; try_files /app.py =404; }
                location /aborted { include @nginx@/guard.conf; proxy_pass http://127.0.0.1:\(silentPort); }
                location /redirect {
                    include @nginx@/redirect.conf;
                    fastcgi_param FCGI_LIMITER_FRONT @site;
                }
                location @site {
                    include @nginx@/redirected.conf;
                    rewrite ^ /401 break;
                    proxy_pass http://site;
                }
                location /secret {
                    include @nginx@/guard.conf;
                    try_files /.nothing @secret;
                }
                location @secret {
                    auth_basic "secret";
                    auth_basic_user_file /nowhere;
                    try_files /app.py =404;
                }
                """, reports: spy.port)
        let headers: KeyValuePairs = ["X-API-Key": "a", "Range": "bytes=0-9"]
        if path == "/aborted" {
            _ = try Program("curl", package: "curl").run([
                "-s", "-m", "0.3", "http://127.0.0.1:\(site.nginx.port)/aborted",
            ])
        } else {
            #expect(try site.client().get(path, headers: headers).status == Int(status))
        }
        let report = try spy.receive(1)[0]
        #expect(report.hasSuffix(" " + status), "\(report)")
        #expect(report.contains("<190>") && report.contains(" fcgi_limiter: fl1:"), "\(report)")
    }

    @Test("nothing is sent without such a policy, and the site's own log has every request")
    func silent() throws {
        let spy = try ReportSpy()
        let site = try ReportedSite(rules: Rules.ten, reports: spy.port)
        #expect(try site.statuses(["/200", "/401", "/302"]) == [200, 401, 302])
        #expect(try waitUntil { try site.lines(of: "access.log") == ["200 /200", "401 /401", "302 /302"] })
        #expect(spy.isSilent)
        let other = try ReportedSite(reports: spy.port)
        #expect(try other.statuses(["/200"]) == [200])
        #expect(try waitUntil { try other.lines(of: "access.log") == ["200 /200"] })
        #expect(try spy.receive(1).count == 1)
    }

    @Test("after a reload with such a policy reports are heard")
    func reloaded() throws {
        let site = try ReportedSite(rules: Rules.ten)
        #expect(try site.statuses(["/200"]) == [200])
        try site.folder.write(ReportedSite.login, to: "limits.yaml")
        site.limiters[0].send(SIGHUP)
        #expect(
            try waitUntil {
                _ = try site.statuses(["/200"], key: "b")
                return try site.metric(#"reports_total{result="refunded"}"#) > 0
            })
    }
}
