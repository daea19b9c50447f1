import Foundation
import Servers
import Testing

@Suite("A password in a file")
struct PasswordFileTests {
    private let folder: TemporaryFolder
    private let redis: RedisServer
    private let limiter: LimiterProcess
    private let nginx: NginxServer

    init() throws {
        folder = try TemporaryFolder()
        let file = try folder.write("old-secret\n", to: "password")
        redis = try RedisServer(options: ["user limiter on >old-secret ~* &* +@all"])
        limiter = try LimiterProcess(
            store: "redis+unix://limiter@\(redis.socket)?password_file=\(file)", flags: ["--store-header", "on"])
        nginx = try NginxServer(limiter)
    }

    @Test("a password that changes with its file costs no request an answer")
    func rotated() throws {
        let hammer = Hammer(nginx, target: "/api/search", clients: 2) { "client \($0 % 50)" }
        #expect(hammer.waitForMore(50))
        try change(to: "new-secret") { try folder.write("new-secret\n", to: "password") }
        #expect(try waitUntil { try decider == "redis;breaker=closed" })
        #expect(hammer.waitForMore(50))
        let statuses = hammer.stop().statuses
        #expect(Set(statuses.keys).isSubset(of: [200, 429]), "\(statuses)")
        #expect(!limiter.logText.contains("secret"))
    }

    @Test("until the file has the new password, the log says which file to change, once")
    func late() throws {
        #expect(try decider == "redis;breaker=closed")
        try change(to: "new-secret") {}
        let line = """
            redis+unix:\(redis.socket)?db=0 answered: WRONGPASS invalid username-password pair or user is disabled: \
            write the valid one into \(folder.path("password"))
            """
        // If the refused login is what opens the breaker, the line goes on.
        #expect(
            try waitUntil { try decider.hasPrefix("local") && limiter.logLines("error").last?.hasPrefix(line) == true })
        try folder.write("new-secret\n", to: "password")
        #expect(try waitUntil { try decider == "redis;breaker=closed" })
        #expect(limiter.logLines("error").filter { $0.hasPrefix(line) }.count == 1)
    }

    /// Gives the user another password, and drops the connections that logged in with the old one.
    private func change(to password: String, _ write: () throws -> Void) throws {
        #expect(try redis.command("ACL", "SETUSER", "limiter", ">\(password)") == "OK")
        try write()
        #expect(try redis.command("ACL", "SETUSER", "limiter", "<old-secret") == "OK")
        try redis.command("CLIENT", "KILL", "USER", "limiter")
    }

    /// Who decides the first request of a client now.
    private var decider: String {
        get throws {
            let key = UUID().uuidString
            return try nginx.client().get("/api/data", headers: ["X-API-Key": key])["X-RateLimit-Store"] ?? ""
        }
    }
}
