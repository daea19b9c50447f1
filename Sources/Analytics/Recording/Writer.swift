import Limiters
import Platform
import Synchronization

/// The way from the spool to PostgreSQL: one connection, used by one thread.
final class Writer {
    /// How many batches one transaction takes; one that cannot be written is found by going one by one.
    private static let mostBatches = 60
    private static let maintenanceInterval: Microseconds = 60_000_000
    private static let adoptionInterval: Microseconds = 10_000_000

    private let location: PostgresLocation
    private let retention: Retention
    private let spool: Spool
    private let report: @Sendable (RecorderNotice) -> Void
    private var connection: PostgresConnection?
    private var most = mostBatches
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

    /// Gives the connection back.
    func disconnect() {
        connection = nil
    }

    /// Does what `body` does with the connection, which is made where there is none; brings the schema up to date first.
    ///
    /// - Throws: ``PostgresError``. Then there is no connection.
    func withConnection<Value: ~Copyable>(
        _ body: (PostgresConnection) throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        do throws(PostgresError) {
            if let connection { return try body(connection) }
            let made = try connect()
            connection = made
            return try body(made)
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

    /// Writes all that waits.
    func drain() throws(PostgresError) {
        while let chunk = spool.next(most: most) {
            try write(chunk.json, count: chunk.count)
            spool.confirm(chunk)
        }
    }

    /// Writes batches, JSON, in one transaction.
    func write(_ json: [UInt8], count: Int) throws(PostgresError) {
        do throws(PostgresError) {
            try withConnection { connection throws(PostgresError) in
                _ = try connection.query(
                    "select limiter.write($1, $2)",
                    [PostgresParameter(utf8: json), PostgresParameter(wallMicroseconds())])
            }
            most = Self.mostBatches
        } catch {
            // Classes of SQLSTATE for values that PostgreSQL does not take: they would never be written.
            guard let state = error.sqlState, state.hasPrefix("22") || state.hasPrefix("23") else { throw error }
            guard count == 1 else {
                most = 1
                throw error
            }
            report(.problem("\(error); a second's counts are given up"))
        }
    }

    /// Writes what dead processes have left, and looks after the tables, each once in a while.
    func lookAfter() throws(PostgresError) {
        let now = steadyMicroseconds()
        if now >= adoptionDue {
            try spool.adopt(most: most) { chunk throws(PostgresError) in try write(chunk.json, count: chunk.count) }
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

    /// The last hour's counts over all processes.
    func lastHour() throws(PostgresError) -> EndpointCounts {
        try withConnection { connection throws(PostgresError) in
            let rows = try connection.query(
                """
                select endpoint, verdict, sum(requests) from limiter.decisions_10s d join limiter.series s on s.id = d.series
                where at > now() - interval '1 hour' group by 1, 2
                """)
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

/// What an operator is told about the recorder.
public enum RecorderNotice: Sendable {
    /// One line: what is wrong, and what becomes of the counts meanwhile.
    case problem(String)
    /// One line: what works again.
    case recovery(String)
}
