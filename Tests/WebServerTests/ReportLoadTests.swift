import Foundation
import Servers
import Testing

@Suite("Reports under load")
struct ReportLoadTests {
    /// `REPORT_SECONDS=60` mixes logins for a minute.
    private static let mixingSeconds = ProcessInfo.processInfo.environment["REPORT_SECONDS"].flatMap { Double($0) }
    /// `STOP_SECONDS=10` stops the reader of reports for so long.
    private static let stopSeconds =
        ProcessInfo.processInfo.environment["STOP_SECONDS"].flatMap { Double($0) } ?? 2

    @Test("of 1,000 wrong logins at once over two limiters and Redis exactly the limit reaches the site")
    func atOnce() async throws {
        let site = try ReportedSite(limiters: 2)
        let urls = Array(repeating: "http://127.0.0.1:\(site.nginx.port)/401", count: 250)
        let options = ["-sZ", "--parallel-immediate", "--parallel-max", "250", "-H", "X-API-Key: a"]
        let words = options + ["-w", "<%{http_code}>"] + urls
        let statuses = try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { try Program("curl", package: "curl").run(words).text }
            }
            return try await group.reduce("", +)
        }
        #expect(statuses.components(separatedBy: "<429>").count - 1 == 997)
        #expect(statuses.components(separatedBy: "<401>").count - 1 == 3)
        #expect(try site.lines(of: "backend.log") == Array(repeating: "401 /401", count: 3))
    }

    @Test("10,000 right logins, one after another, are never refused", arguments: [false, true])
    func sequence(onRedis: Bool) throws {
        let site = try ReportedSite(onRedis: onRedis)
        let client = site.client()
        var refused = 0
        for _ in 0..<10_000 where try client.get("/200", headers: ["X-API-Key": "a"]).status != 200 { refused += 1 }
        #expect(refused == 0)
        #expect(try waitUntil { try site.left() == "login: 3 of 3 left" })
    }

    @Test("clients that mix right and wrong logins have as much left as nginx's own log says")
    func oracle() throws {
        let rules = ReportedSite.login.replacing("3 per hour", with: "40 per hour")
        let site = try ReportedSite(rules: rules, limiters: 2)
        let nginx = site.nginx
        // So few that keys reach the limit on a slow machine, too.
        let keys = Self.mixingSeconds.map { Int($0) * 5 } ?? 8
        _ = try inThreads(8) { _ in
            let client = nginx.client()
            var generator = SystemRandomNumberGenerator()
            let end = Self.mixingSeconds.map { Date(timeIntervalSinceNow: $0) }
            var count = 0
            while end.map({ Date() < $0 }) ?? (count < 150) {
                count += 1
                let path = ["/200", "/302", "/200", "/404", "/500", "/401", "/403"].randomElement(using: &generator)
                let key = Int.random(in: 0..<keys, using: &generator)
                _ = try client.get("\(path ?? "/200")?\(key)", headers: ["X-API-Key": "\(key)"])
            }
        }
        #expect(try waitUntil { try site.metric("receipts_total") == site.reports() })
        let log = try site.lines(of: "access.log").map { $0.split(separator: " ") }
        var failures: [Substring: Int] = [:]
        for line in log where ["401", "403"].contains(line[0]) {
            failures[line[1].split(separator: "?")[1], default: 0] += 1
        }
        #expect(try log.count { $0[0] != "429" } == site.metric("receipts_total"))
        let client = nginx.client()
        for key in 0..<keys {
            let failed = failures["\(key)", default: 0]
            let answer = try client.get("/200?\(key)", headers: ["X-API-Key": "\(key)"])
            #expect(answer.status == (failed < 40 ? 200 : 429), "\(key)")
            // This request has taken a unit, too.
            #expect(answer["X-RateLimit-Remaining"] == "\(max(39 - failed, 0))", "\(key)")
        }
        print(
            "logins:", log.count, "failed:", failures.values.reduce(0, +), "refused:", log.count { $0[0] == "429" },
            "keys:", keys, "at the limit:", failures.values.count { $0 == 40 })
    }

    @Test("while the reader of reports is stopped no client waits, and receipts are reports and counted losses")
    func stoppedReader() throws {
        // One limiter answers requests, and another one of the same store reads the reports.
        let rules = ReportedSite.login.replacing("3 per hour", with: "1000000 per hour")
        let reader = try ReportedSite(rules: rules, onRedis: true)
        let site = try ReportedSite(
            rules: rules, store: "redis+unix:\(try #require(reader.redis).socket)",
            flags: ["--report-timeout", "\(Int(Self.stopSeconds) + 12)"], reports: reader.port)
        let (nginx, limiter, port) = (site.nginx, reader.limiters[0], reader.port)
        #expect(try site.statuses(["/200"]) == [200])
        #expect(try waitUntil { try reader.reports() == 1 })
        let end = Date(timeIntervalSinceNow: Self.stopSeconds + 1)
        let clients = try inThreads(17) { number -> (statuses: [Int: Int], longest: Duration) in
            var statuses: [Int: Int] = [:]
            var longest = Duration.zero
            guard number > 0 else {
                limiter.send(SIGSTOP)
                // Fills the buffer, so that reports are lost however slow the machine is.
                for _ in 0..<1_000 { ReportedSite.send(String(repeating: "x", count: 16_000), to: port) }
                // How long the reader is stopped is what is tested.
                usleep(UInt32(1_000_000 * Self.stopSeconds))
                limiter.send(SIGCONT)
                return (statuses, longest)
            }
            let client = nginx.client()
            while Date() < end {
                let began = ContinuousClock.now
                statuses[try client.get("/200", headers: ["X-API-Key": "\(number)"]).status, default: 0] += 1
                longest = max(longest, ContinuousClock.now - began)
            }
            return (statuses, longest)
        }
        let statuses = clients.map(\.statuses).reduce([:]) { $0.merging($1, uniquingKeysWith: +) }
        let longest = clients.map(\.longest).max() ?? .zero
        #expect(Array(statuses.keys) == [200])
        #expect(longest < .seconds(Self.stopSeconds / 2))
        let receipts = try site.metric("receipts_total")
        #expect(receipts == statuses[200, default: 0] + 1)
        #expect(try waitUntil { try reader.reports() + site.metric("reports_lost_total") == receipts })
        let lost = try site.metric("reports_lost_total")
        #expect(lost > 0)
        print("receipts:", receipts, "lost:", lost, "longest request:", longest)
    }

    @Test("refused requests of such a policy do not slow others, however many reports come meanwhile")
    func undisturbed() throws {
        let rules = ReportedSite.login
            .replacing("policies:\n", with: "policies:\n  other: { limit: 1000000 per hour }\n")
            .replacing("rules:\n", with: "rules:\n  - { match: { path: /302 }, policies: [other] }\n")
        let site = try ReportedSite(rules: rules, onRedis: true, delay: 20)
        func median() throws -> Duration {
            let client = site.client()
            let times = try (0..<25).map { _ in
                let began = ContinuousClock.now
                let status = try client.get("/302").status
                #expect(status == 302)
                return ContinuousClock.now - began
            }
            return times.sorted()[times.count / 2]
        }
        #expect(try site.statuses(["/401", "/403", "/401", "/200"]) == [401, 403, 401, 429])
        let quiet = try median()
        let refused = Hammer(site.nginx, target: "/200", clients: 16) { _ in "a" }
        let reported = Hammer(site.nginx, target: "/200", clients: 4) { "\($0)" }
        #expect(refused.waitForMore(50) && reported.waitForMore(50))
        let disturbed = try median()
        #expect(Set(refused.stop().statuses.keys) == [429])
        #expect(reported.stop().statuses[200, default: 0] > 50)
        #expect(disturbed < quiet * 6, "\(disturbed) beside others, \(quiet) alone")
    }
}
