import Foundation
import Servers
import Testing

/// Two nginx with a site that works for a while (`?ms=`), of which five requests of a client may run at once.
final class ExportSite {
    let app: PythonSite
    let site: ReportedSite
    /// The second nginx, which has nothing but the guarded site.
    let second: NginxServer

    /// Starts the servers.
    ///
    /// - Parameters:
    ///   - policies: the policies, of which each request meets all.
    ///   - limiters: how many share a Redis.
    ///   - flags: further flags of each limiter.
    /// - Throws: ``ServerError`` when a program is missing or does not start.
    init(
        _ policies: [String: String] = ["exports": "{ limit: 5 at once }"], limiters: Int = 2, flags: [String] = []
    ) throws {
        let app = try PythonSite()
        self.app = app
        let names = policies.keys.sorted()
        let rules = """
            policies:
            \(names.map { "  \($0): \(policies[$0] ?? "")" }.joined(separator: "\n"))
            rules:
              - { match: { path: /work }, count: api_key or address, policies: [\(names.joined(separator: ", "))] }
              - { match: { path: /two }, cost: 2, count: api_key or address, policies: [\(names.joined(separator: ", "))] }

            """
        let location = """
            location ~ ^/(work|two)$ {
                include @nginx@/guard.conf;
                proxy_pass http://127.0.0.1:\(app.port);
            }
            """
        site = try ReportedSite(rules: rules, limiters: limiters, onRedis: true, server: location, flags: flags)
        second = try NginxServer(
            Template(
                http: """
                    include @nginx@/report-format.conf;
                    upstream fcgi_limiter {
                        \(site.limiters.map { "server unix:\($0.socket);" }.joined(separator: " "))
                        keepalive 16;
                    }
                    server {
                        listen @port@;
                        include @nginx@/guard-server.conf;
                        \(ReportedSite.report(to: site.port))
                        \(location)
                    }
                    """), companions: site.limiters + [app])
    }

    /// Starts requests that nobody reads the answers of; each ends after so many milliseconds, or when its client goes.
    func begin(_ count: Int, ms: Int, at nginx: NginxServer, path: String = "/work") throws -> [ServerProcess] {
        let url = "http://127.0.0.1:\(nginx.port)\(path)?ms=\(ms)"
        let running = try app.work()["running", default: 0]
        let clients = try (0..<count).map { _ in
            try ServerProcess(
                Program("curl", package: "curl"), ["-s", "-H", "X-API-Key: a", url], in: TemporaryFolder())
        }
        try #require(waitUntil { try app.work()["running"] == running + count })
        return clients
    }

    /// Whether so many of five units become free.
    func becomesFree(_ count: Int) throws -> Bool { try waitUntil { try free() == count } }

    /// How many of five units are free.
    func free() throws -> Int? { try site.remaining()["exports"] }
}

@Suite("Requests at once")
struct AtOnceTests {
    /// `AT_ONCE_SECONDS=60` runs the whole minute with 200 clients.
    private static let seconds = ProcessInfo.processInfo.environment["AT_ONCE_SECONDS"].flatMap { Double($0) }

    @Test("over two nginx, two limiters and Redis never more run than the limit says, and as many do")
    func never() throws {
        let site = try ExportSite()
        let clients = Self.seconds == nil ? 20 : 100
        let hammers = [site.site.nginx, site.second].map { nginx in
            Hammer(nginx, target: "/work?ms=20", clients: clients) { _ in "a" }
        }
        usleep(UInt32(1_000_000 * (Self.seconds ?? 4)))
        let statuses = hammers.map { $0.stop().statuses }.reduce([:]) { $0.merging($1, uniquingKeysWith: +) }
        let work = try site.app.work()
        print("in flight at once:", work, "answers:", statuses)
        #expect(work["peak"] == 5)
        #expect(Set(statuses.keys) == [200, 429])
        // What passed is what ran, and as nobody was cut off, nothing is lost.
        #expect(work["done"] == statuses[200])
        #expect(try site.becomesFree(5))
        #expect(try site.site.metric("receipts_total") == statuses[200])
        #expect(try site.site.reports() == statuses[200])
        #expect(try site.site.metric("reports_lost_total") == 0)
        #expect(try site.site.metric("receipts_open") == 0)
    }

    @Test("headers and the body of a refusal say what the limit means, and there is no time in them")
    func refusal() throws {
        let site = try ExportSite(["exports": "{ limit: 5 at once, lease: 2 minutes }"], limiters: 1)
        let client = site.site.client()
        let clients = try site.begin(4, ms: 60_000, at: site.second)
        let fifth = try client.get("/work?ms=0", headers: ["X-API-Key": "a"])
        #expect(fifth.status == 200)
        #expect(fifth["X-RateLimit-Limit"] == "5")
        #expect(fifth["X-RateLimit-Remaining"] == "0")
        #expect(try site.becomesFree(1))
        let other = try site.begin(1, ms: 60_000, at: site.second)
        let refused = try client.get("/work?ms=0", headers: ["X-API-Key": "a"])
        #expect(refused.status == 429)
        #expect(refused["Retry-After"] == "1")
        #expect(refused["X-RateLimit-Reset"] == nil)
        #expect(refused["X-RateLimit-Strategy"] == "at_once")
        #expect(refused["RateLimit-Policy"] == #""exports";q=5;qu="concurrent-requests""#)
        #expect(refused["RateLimit"] == #""exports";r=0"#)
        #expect(try refused.json()["title"] as? String == "Too many requests at once: try again when one has ended")
        #expect(try refused.json()["violated-policies"] as? [String] == ["exports"])
        #expect(try client.get("/work?ms=0", headers: ["X-API-Key": "b"]).status == 200)
        withExtendedLifetime((clients, other)) {}
    }

    @Test("a client that disconnects frees its unit at once")
    func aborted() throws {
        let site = try ExportSite(["exports": "{ limit: 5 at once, lease: 1 hour }"])
        for client in try site.begin(5, ms: 60_000, at: site.second) {
            #expect(try site.free() ?? 5 < 5)
            client.stop()
        }
        #expect(try site.becomesFree(5))
        #expect(try site.site.statuses(["/work?ms=0"]) == [200])
    }

    @Test("units of a killed backend are free at once")
    func backend() throws {
        let site = try ExportSite(["exports": "{ limit: 5 at once, lease: 1 hour }"])
        let clients = try site.begin(5, ms: 60_000, at: site.second)
        #expect(try site.free() == 0)
        site.app.kill()
        #expect(try site.becomesFree(5))
        #expect(try site.site.statuses(["/work?ms=0"]) == [502])
        withExtendedLifetime(clients) {}
    }

    @Test("units of a killed nginx are free when the lease is over")
    func nginx() throws {
        let site = try ExportSite(["exports": "{ limit: 5 at once, lease: 4 seconds }"])
        let clients = try site.begin(5, ms: 60_000, at: site.second)
        site.second.kill()
        #expect(try site.free() == 0)
        #expect(try site.becomesFree(5))
        #expect(try site.site.statuses(["/work?ms=0"]) == [200])
        withExtendedLifetime(clients) {}
    }

    @Test("if a limiter is killed, another one hears the reports")
    func limiter() throws {
        let site = try ExportSite(["exports": "{ limit: 5 at once, lease: 1 hour }"])
        let clients = try site.begin(5, ms: 3_000, at: site.second)
        site.site.limiters[0].send(SIGKILL)
        #expect(try site.becomesFree(5))
        withExtendedLifetime(clients) {}
    }

    @Test("if all limiters are killed, units are free when the lease is over")
    func limiters() throws {
        let site = try ExportSite(["exports": "{ limit: 5 at once, lease: 10 seconds }"])
        let clients = try site.begin(5, ms: 1_000, at: site.second)
        let began = ContinuousClock.now
        for limiter in site.site.limiters { limiter.send(SIGKILL) }
        #expect(waitUntil { clients.allSatisfy { $0.endStatus == 0 } })
        for limiter in site.site.limiters { try limiter.restart() }
        #expect(try site.becomesFree(5))
        #expect(ContinuousClock.now - began < .seconds(20))
        #expect(try site.site.statuses(["/work?ms=0"]) == [200])
    }

    @Test("a request takes as many units as it costs, and none if another policy refuses it")
    func composed() throws {
        let site = try ExportSite([
            "exports": "{ limit: 5 at once, lease: 1 hour }", "few": "{ limit: 4 per hour }",
            "trial": "{ limit: 2 at once, mode: shadow, lease: 1 hour }",
        ])
        let client = site.site.client()
        // Two units each, of five.
        let clients = try site.begin(2, ms: 60_000, at: site.second, path: "/two")
        #expect(try site.free() == 1)
        let tooMany = try client.get("/two?ms=0", headers: ["X-API-Key": "a"])
        #expect(tooMany.status == 429)
        // The other policy's wait is the longer one.
        #expect((Int(tooMany["Retry-After"] ?? "") ?? 0) > 3_000)
        for client in clients { client.stop() }
        #expect(try site.becomesFree(5))
        #expect(try client.get("/work?ms=0", headers: ["X-API-Key": "a"]).status == 429)
        #expect(try site.free() == 5)
    }
}
