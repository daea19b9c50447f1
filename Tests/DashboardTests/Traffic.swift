import Foundation
import Servers

/// Made-up requests, written to the database as limiters write theirs.
struct Traffic {
    /// A kind of request.
    struct Kind {
        let endpoint: String
        let policy: String
        let algorithm: String

        static let data = Kind(endpoint: "/api/data", policy: "data", algorithm: "sliding_window")
        static let search = Kind(endpoint: "/api/search", policy: "search", algorithm: "token_bucket")
        static let banned = Kind(endpoint: "*", policy: "banned", algorithm: "list")
        static let upload = Kind(endpoint: "/api/upload", policy: "upload", algorithm: "sliding_window")
    }

    private var series: [[String]] = []
    private var decisions: [[Any]] = []
    private var clients: [[Any]] = []
    private var events: [[Any]] = []
    private var values: [[Any]] = []

    /// Adds requests of a client, an identity in its written form, at one time in seconds since 1970.
    ///
    /// Their decisions fall into one `bucket` of the histogram, counted from 0.
    mutating func add(
        _ client: String, _ kind: Kind, allowed: Int = 0, blocked: Int = 0, shadowBlocked: Int = 0, failed: Int = 0,
        at time: Int, userAgent: String = "curl/7.88.1", bucket: Int = 5
    ) {
        let at = time - time % 10
        let index = index(of: kind)
        let outcomes = [
            ("allowed", allowed, 6), ("blocked", blocked, 0), ("shadow_blocked", shadowBlocked, 0),
            ("failed", failed, 0),
        ]
        for (outcome, count, remaining) in outcomes where count > 0 {
            var latency = [Int](repeating: 0, count: 22)
            latency[bucket] = count
            let passed = outcome == "blocked" ? 0 : outcome == "failed" ? count / 2 : count
            let limit = outcome == "failed" ? 0 : 10 * count
            decisions.append([at, index, outcome, count, passed, limit, remaining * count, latency])
        }
        clients.append([at, client, index, allowed + shadowBlocked, blocked, failed])
        for number in 0..<blocked {
            events.append([time * 1_000_000 + number, client, "203.0.113.9", index, 42_000_000, userAgent])
        }
    }

    private mutating func index(of kind: Kind) -> Int {
        let words = [kind.endpoint, kind.policy, kind.algorithm]
        let index = series.firstIndex(of: words) ?? series.count
        if index == series.count { series.append(words) }
        return index
    }

    /// Counts requests under a value of a dimension, besides those of clients.
    mutating func addValue(
        _ dimension: String, _ value: String, _ kind: Kind, allowed: Int = 0, blocked: Int = 0, failed: Int = 0,
        at time: Int
    ) {
        values.append([time - time % 10, dimension, value, index(of: kind), allowed, blocked, failed, 0])
    }

    /// Adds many blocked requests, without an event for each.
    mutating func addWithoutEvents(_ client: String, _ kind: Kind, blocked: Int, at time: Int, bucket: Int) {
        let known = events
        add(client, kind, blocked: blocked, at: time, bucket: bucket)
        events = known
    }

    /// Writes all requests as one limiter's batch.
    func write(to postgres: PostgresServer, host: String = "web-1", backlog: Int = 0) throws {
        let batch: [String: Any] = [
            "recorder": UUID().uuidString, "sequence": 1, "taken": now() * 1_000_000, "series": series,
            "decisions": decisions, "clients": clients, "events": events, "values": values,
            "process": [
                "host": host, "pid": 4_711, "mode": "serve", "version": "0.1.0",
                "started_seconds": Int(Date().timeIntervalSince1970) - 3_600, "store": "embedded", "store_state": "up",
                "loops": 2, "connections": 12, "clients": "plain", "backlog": backlog, "spooled": 0,
                "events_dropped": 0, "store_errors": 0,
            ] as [String: Any],
        ]
        let json = String(decoding: try JSONSerialization.data(withJSONObject: [batch]), as: UTF8.self)
        try postgres.query("select limiter.write('\(json.replacing("'", with: "''"))', \(now() * 1_000_000))")
    }
}

/// The time in whole seconds.
func now() -> Int { Int(Date().timeIntervalSince1970) }

extension PostgresServer {
    /// Starts a server whose database has the limiter's tables.
    static func withSchema() throws -> PostgresServer {
        let server = try PostgresServer()
        try server.makeSchema()
        return server
    }
}
