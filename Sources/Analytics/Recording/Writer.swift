import Limiters
import Platform
import Synchronization

/// Writes batches from the spool to PostgreSQL: one connection, used by one thread.
final class Writer {
    /// How many batches one transaction takes; after a batch was rejected, batches go one by one to find it.
    private static let maximumBatches = 60
    private static let maintenanceInterval: Microseconds = 60_000_000
    private static let adoptionInterval: Microseconds = 10_000_000

    private let location: PostgresLocation
    private let retention: Retention
    private let spool: Spool
    private let report: @Sendable (RecorderNotice) -> Void
    private var connection: PostgresConnection?
    private var throttle = LogThrottle()
    private var batchLimit = maximumBatches
    /// When PostgreSQL last accepted batches, by the steady clock.
    private(set) var lastWrite: Microseconds?
    /// Batches that PostgreSQL rejected, so that their counts are lost.
    private(set) var lostBatches = 0
    private var maintenanceDue: Microseconds = 0
    private var adoptionDue: Microseconds = 0

    init(
        _ location: PostgresLocation, _ retention: Retention, _ spool: Spool,
        report: @escaping @Sendable (RecorderNotice) -> Void
    ) {
        self.location = location
        self.retention = retention
        self.spool = spool
        self.report = report
    }

    var isConnected: Bool { connection != nil }

    /// Closes the connection.
    func disconnect() {
        connection = nil
    }

    /// Calls `body` with the connection; if there is none, connects and brings the schema up to date first.
    ///
    /// - Throws: ``PostgresError``, after closing the connection.
    func withConnection<Value: ~Copyable>(
        _ body: (PostgresConnection) throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        do throws(PostgresError) {
            if let connection { return try body(connection) }
            let opened = try connect()
            connection = opened
            return try body(opened)
        } catch {
            connection = nil
            throw error
        }
    }

    private func connect() throws(PostgresError) -> PostgresConnection {
        let connection = try PostgresConnection(location)
        try Migrations.apply(to: connection)
        return connection
    }

    /// Writes all batches of the spool.
    func drain() throws(PostgresError) {
        while let chunk = spool.next(limit: batchLimit) {
            try write(chunk.json, count: chunk.count)
            spool.confirm(chunk)
        }
    }

    /// Writes batches, a JSON array, in one transaction.
    func write(_ json: [UInt8], count: Int) throws(PostgresError) {
        do throws(PostgresError) {
            try withConnection { connection throws(PostgresError) in
                _ = try connection.query(
                    "select limiter.write($1, $2)",
                    [PostgresParameter(utf8: json), PostgresParameter(wallMicroseconds())])
            }
            batchLimit = Self.maximumBatches
            lastWrite = steadyMicroseconds()
        } catch {
            guard error.isPermanent else { throw error }
            guard count == 1 else {
                batchLimit = 1
                throw error
            }
            lostBatches += 1
            let line = "\(error); the counts of one batch, usually one second, are lost"
            if let due = throttle.due(line, now: steadyMicroseconds()) { report(.problem(due)) }
        }
    }

    /// Writes what dead processes have left and maintains the tables, each at its interval.
    func maintain() throws(PostgresError) {
        let now = steadyMicroseconds()
        if now >= adoptionDue {
            try spool.adopt(limit: batchLimit) { chunk throws(PostgresError) in
                try write(chunk.json, count: chunk.count)
            }
            adoptionDue = now + Self.adoptionInterval
        }
        if now >= maintenanceDue {
            let days = [retention.fine, retention.events, retention.rollups].map { PostgresParameter($0) }
            try withConnection { connection throws(PostgresError) in
                _ = try connection.query("select limiter.maintain($1, $2, $3)", days, deadline: 60_000_000)
            }
            maintenanceDue = now + Self.maintenanceInterval
        }
    }

    /// The counts of the last hour, over all processes.
    func lastHour() throws(PostgresError) -> EndpointCounts {
        try withConnection { connection throws(PostgresError) in
            let rows = try connection.query(
                "select endpoint, outcome, requests from limiter.last_hour()")
            var counts = EndpointCounts()
            for row in 0..<rows.count {
                guard let endpoint = rows.text(row, 0),
                    let outcome = rows.text(row, 1).flatMap({ Outcome(rawValue: $0) })
                else { continue }
                counts.add(rows.integer(row, 2) ?? 0, endpoint, outcome)
            }
            return counts
        }
    }
}

extension PostgresError {
    /// Whether PostgreSQL will never accept these values, by the class of its code: invalid data (22), a violated constraint
    /// (23), or a limit of the server (54).
    fileprivate var isPermanent: Bool { sqlState.map { ["22", "23", "54"].contains($0.prefix(2)) } ?? false }
}
