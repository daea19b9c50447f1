import Analytics
import Limiters
import Platform
import Servers
import Synchronization
import Testing

/// A recorder of this process with a spool of its own; tests count for its loops.
final class Recording {
    static let series = [
        Series(endpoint: "/api/data", policy: "data", algorithm: "sliding_window"),
        Series(endpoint: "/api/search \"q\"", policy: "search", algorithm: "token_bucket"), .banned,
    ]

    let ledger: Ledger
    let recorder: Recorder
    let spool: String
    private let folder: TemporaryFolder
    private let notices: Notices

    /// The notices for the operator.
    final class Notices: Sendable {
        let problems = Mutex<[String]>([])
        let recoveries = Mutex<[String]>([])
    }

    /// A recorder that does not run yet.
    ///
    /// - Parameters:
    ///   - location: the database.
    ///   - spool: the folder; `nil` for a new one.
    ///   - names: how clients are written down.
    ///   - loops: how many loops count.
    /// - Throws: `PostgresError` if the location is invalid.
    init(_ location: String, spool: String? = nil, names: ClientNames = .plain, loops: Int = 1) throws {
        folder = try TemporaryFolder()
        self.spool = spool ?? folder.path("spool")
        let notices = Notices()
        self.notices = notices
        ledger = Ledger(loops: loops, recordsClients: true)
        for loop in 0..<loops { ledger[loop].use(Self.series) }
        let settings = RecorderSettings(
            try PostgresLocation(location), names: names, retention: Retention(),
            spool: try #require(SpoolLocation(self.spool)))
        let process = RecordedProcess(mode: .serve, version: "test", store: "embedded", loops: loops)
        recorder = Recorder(settings, ledger, process, connections: { 3 }) { notice in
            switch notice {
            case .problem(let line): notices.problems.withLock { $0.append(line) }
            case .recovery(let line): notices.recoveries.withLock { $0.append(line) }
            }
        }
    }

    var problems: [String] { notices.problems.withLock(\.self) }
    var recoveries: [String] { notices.recoveries.withLock(\.self) }

    /// Counts requests of one client.
    func count(
        _ requests: Int, client: String = "a", series: Int = 0, _ outcome: Outcome = .allowed, passed: Bool? = nil,
        loop: Int = 0, path: String = "/api/data", userAgent: String = "curl"
    ) {
        let identity = Identity("api_key", client.utf8)
        let decision = Decision(admission: .allowed, limit: 10, remaining: 4, resetAfter: 0)
        ledger[loop].count { counts in
            for _ in 0..<requests {
                counts.count(
                    identity, series: series, outcome, passed: passed ?? (outcome != .blocked),
                    outcome == .failed ? nil : decision, latency: 25,
                    dimensions: RequestDimensions(
                        address: .v4(0xCB00_7109), path: Array(path.utf8)[...], userAgent: Array(userAgent.utf8)[...]))
                guard outcome == .blocked else { continue }
                counts.keep(series) {
                    BlockedRequest(
                        client: identity, address: Array("203.0.113.9".utf8)[...], retryAfter: 2_500_000,
                        userAgent: Array(userAgent.utf8)[...], method: Array("GET".utf8)[...],
                        host: Array("example.org".utf8)[...], path: Array(path.utf8)[...], status: 429)
                }
            }
        }
    }
}

extension PostgresServer {
    /// The number that a statement returns; −1 while the server is down or the table does not exist.
    func numberIfThere(_ sql: String) -> Int {
        (try? number(sql)) ?? -1
    }

    /// The number of all counted requests, on which all tables must agree.
    func requests() throws -> Int {
        let sums = try query(
            """
            select coalesce(sum(requests), 0) from limiter.decisions_10s
            union all select coalesce(sum(requests), 0) from limiter.decisions_1h
            union all select coalesce(sum(allowed + blocked + failed), 0) from limiter.clients_10s
            union all select coalesce(sum(allowed + blocked + failed), 0) from limiter.clients_1h
            union all select coalesce(sum(allowed + blocked + failed), 0) from limiter.clients_1d
            """
        ).split(separator: "\n").map { Int($0) ?? -1 }
        guard Set(sums).count == 1 else { throw Disagreement(sums: sums) }
        return try #require(sums.first)
    }

    /// Tables that do not agree.
    struct Disagreement: Error {
        let sums: [Int]
    }
}

extension RequestDimensions {
    /// The values of a request of which nothing is known.
    static var none: RequestDimensions { RequestDimensions(address: nil, path: [], userAgent: []) }
}
