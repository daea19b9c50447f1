import Foundation
import Servers
import Testing

/// nginx in front of limiters that record to a private PostgreSQL.
final class RecordedSite {
    let database: PostgresServer
    /// What limiters reach the database through; `nil` if they do so directly.
    let bouncer: PgBouncerServer?
    let folder: TemporaryFolder
    let limiters: [LimiterProcess]
    let nginx: NginxServer

    /// The folder where counts wait.
    var spool: String { folder.path("spool") }

    /// Starts the servers.
    ///
    /// - Parameters:
    ///   - limiters: how many processes share the embedded store, the database and the spool.
    ///   - rules: a rules file's text; `nil` for the rules of the sample endpoints.
    ///   - store: as after `--store`; `nil` for an embedded one.
    ///   - flags: further flags of each limiter.
    ///   - pooled: whether limiters reach the database through PgBouncer.
    /// - Throws: ``ServerError`` if a program is missing or does not start.
    init(limiters: Int = 1, rules: String? = nil, store: String? = nil, flags: [String] = [], pooled: Bool = false)
        throws
    {
        let database = try PostgresServer()
        let bouncer = pooled ? try PgBouncerServer(database) : nil
        let folder = try TemporaryFolder()
        var flags = ["--postgres", bouncer?.location ?? database.location, "--spool", folder.path("spool")] + flags
        if let rules { flags += ["--rules", try folder.write(rules, to: "limits.yaml")] }
        let store = store ?? "embedded:\(folder.path("store"))"
        self.database = database
        self.bouncer = bouncer
        self.folder = folder
        self.limiters = try (0..<limiters).map { _ in try LimiterProcess(store: store, flags: flags) }
        nginx = try NginxServer(self.limiters)
        #expect(waitUntil { self.number("select count(*) from limiter.processes") == limiters })
    }

    func client() -> HTTPClient { HTTPClient(self, port: nginx.port) }

    /// The number that a statement returns; −1 while the server is down or the table does not exist.
    func number(_ sql: String) -> Int { (try? database.number(sql)) ?? -1 }

    /// The number of requests in the database.
    var requests: Int { number("select sum(requests) from limiter.decisions_10s") }

    /// Requests and those that were let through, by endpoint, policy and outcome, one per line.
    func sums() throws -> [String] {
        try database.query(
            """
            select endpoint, policy, outcome, sum(requests), sum(passed)
            from limiter.decisions_1h d join limiter.series s on s.id = d.series group by 1, 2, 3 order by 1, 2, 3
            """
        ).split(separator: "\n").map(String.init)
    }

    /// The number of requests in the files of the spool.
    func spooledRequests() throws -> Int {
        var sum = 0
        for name in (try? FileManager.default.contentsOfDirectory(atPath: spool)) ?? [] {
            var bytes = FileManager.default.contents(atPath: spool + "/" + name) ?? Data()
            while bytes.count > 12 {
                let length = Int(bytes.prefix(4).withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
                guard bytes.count >= 12 + length else { break }
                let batch = try JSONSerialization.jsonObject(with: bytes.dropFirst(12).prefix(length)) as? [String: Any]
                sum += (batch?["decisions"] as? [[Any]] ?? []).reduce(0) { $0 + ($1[3] as? Int ?? 0) }
                bytes = Data(bytes.dropFirst(12 + length))
            }
        }
        return sum
    }
}
