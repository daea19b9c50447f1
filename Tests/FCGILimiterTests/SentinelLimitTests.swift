import Foundation
import Servers
import Testing

@Suite("Limits with Redis Sentinels")
struct SentinelLimitTests {
    @Test("limiters follow a failover, and keep the earlier counts")
    func failover() throws {
        let sentinels = try RedisSentinels()
        let limiters = try (0..<2).map { _ in
            try LimiterProcess(store: sentinels.location, flags: ["--on-store-failure", "deny"])
        }
        let client = try NginxServer(limiters).client()
        let statuses = { (count: Int) in
            try (0..<count).map { _ in try client.get("/api/data", headers: ["X-API-Key": "a"]).status }
        }
        #expect(try statuses(4) == [200, 200, 200, 200])
        #expect(
            try waitUntil {
                try sentinels.servers[1].command(
                    "STRLEN", "window:{api_key=sha256:ca978112ca1bbdcafac231b39a23dc4d}:data") == "64"
            })

        sentinels.servers[0].send(SIGKILL)
        // Both limiters have connected to the other server once neither answers that its store failed.
        var isBack = false
        for _ in 0..<600 where !isBack {
            usleep(50_000)
            isBack = try (0..<8).allSatisfy { _ in
                try client.get("/api/data", headers: ["X-API-Key": "other \(UInt32.random(in: 0 ... .max))"]).status
                    == 200
            }
        }
        #expect(isBack)
        #expect(try statuses(7) == Array(repeating: 200, count: 6) + [429])
        #expect(try sentinels.servers[1].command("ROLE").hasPrefix("master"))
    }

    @Test("a ban set through the Sentinels holds on all limiters, also after a failover, until it is removed")
    func override() throws {
        let sentinels = try RedisSentinels()
        let limiters = try (0..<2).map { _ in try LimiterProcess(store: sentinels.location) }
        let clients = try limiters.map { try NginxServer($0).client() }
        func statuses(key: String) throws -> [Int] {
            try clients.map { try $0.get("/api/data", headers: ["X-API-Key": key]).status }
        }
        let program = try Program(built: "fcgi-limiter")
        let flags = ["--store", sentinels.location, "--rules", Template.path("bench/limits.yaml")]
        let banned = try program.run(["ban", "api_key=a", "--for", "1h", "--reason", "r"] + flags)
        #expect(banned.text.contains(": banned until "), "\(banned.errors)")
        #expect(try waitUntil(every: 50) { try statuses(key: "a") == [403, 403] })
        #expect(
            try waitUntil { try sentinels.servers[1].command("EXISTS", "bucket:{overrides}:version") == "1" })

        sentinels.servers[0].send(SIGKILL)
        #expect(try waitUntil { try sentinels.servers[1].command("ROLE").hasPrefix("master") })
        #expect(try statuses(key: "a") == [403, 403])
        // The new master takes the removal, and both limiters read it there.
        #expect(try waitUntil { try program.run(["unban", "api_key=a"] + flags).status == 0 })
        // The quota may be used up by then.
        #expect(try waitUntil(every: 50) { try !statuses(key: "a").contains(403) })
    }

    @Test("peek, explain and reset ask the master that the Sentinels name")
    func commands() throws {
        let sentinels = try RedisSentinels()
        let limiter = try LimiterProcess(store: sentinels.location)
        let client = try NginxServer(limiter).client()
        for _ in 0..<3 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        let program = try Program(built: "fcgi-limiter")
        let folder = try TemporaryFolder()
        let rules = """
            policies: { data: { limit: 10 per minute }, search: { limit: 30 per minute } }
            rules: [{ count: api_key, policies: [data, search] }]

            """
        let flags = ["--store", sentinels.location, "--rules", try folder.write(rules, to: "limits.yaml")]
        #expect(try program.run(["peek", "api_key=a"] + flags).text.hasPrefix("data: 7 of 10 left"))
        let explained = try program.run(["explain", "/api/data", "--header", "X-API-Key: a"] + flags)
        #expect(explained.text.contains("7 of 10 left"))
        #expect(
            try program.run(["reset", "api_key=a"] + flags).text
                == "reset api_key=sha256:ca978112ca1bbdcafac231b39a23dc4d: 1 of 2 policies had counted it")
        #expect(try client.get("/health").json()["store"].map { "\($0)" }?.contains("redis_sentinel") == true)
    }

    @Test(
        "wrong credentials end serve at its start, in one line with a remedy",
        arguments: [
            (
                "redis+sentinel://limiter:wrong@SENTINELS/limits",
                " answered: WRONGPASS invalid username-password pair or user is disabled."
            ),
            (
                "redis+sentinel://poor:secret@SENTINELS/limits",
                " answered: NOPERM this user has no permissions to run the 'role' command: grant this user the "
                    + "permissions in docs/stores.md: ACL SETUSER"
            ),
            (
                "redis+sentinel://half:secret@SENTINELS/limits",
                " lacks rights: grant them with ACL SETUSER NAME +setrange &fcgi-limiter:resets"
            ),
        ])
    func mistakes(_ location: String, _ words: String) throws {
        let sentinels = try RedisSentinels(options: [
            "user limiter on >secret ~* &* +@all", "user poor on >secret ~* &* +ping",
            "user half on >secret ~* resetchannels +@all -setrange",
        ])
        let hosts = sentinels.ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
        let folder = try TemporaryFolder()
        let outcome = try Program(built: "fcgi-limiter").run([
            "serve", "--listen", "unix:\(folder.path("s"))", "--store", location.replacing("SENTINELS", with: hosts),
        ])
        #expect(outcome.status == 1)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 1, "\(outcome.errors)")
        #expect(lines.last?.hasSuffix(words) == true, "\(outcome.errors)")
        #expect(!outcome.errors.contains("secret"))
    }
}
