import Analytics
import Platform

/// The limiters that write, and the database that they write to.
struct Fleet {
    /// One limiter as it was when it last wrote.
    struct Process {
        let host: String
        let pid: Int64
        let version: String
        let started: Int64
        /// Seconds since it last wrote.
        let silence: Double
        let store: String
        /// `up`, or one line on what is wrong.
        let storeState: String
        let loops: Int64
        let connections: Int64
        /// `plain` or `hashed`.
        let clients: String
        /// Batches that it had not written yet, and the bytes of them on its disk.
        let backlog: Int64
        let spooled: Int64
        let eventsDropped: Int64
        let storeErrors: Int64
    }

    let serverVersion: String
    let databaseSize: Int64
    let schema: Int64
    /// The oldest hour that is kept; `nil` where nothing has been counted.
    let oldest: Int64?
    let processes: [Process]
    /// Microseconds that the database took for one question.
    let latency: Double

    /// Asks the database.
    ///
    /// - Throws: ``Problem`` where it does not answer.
    init(_ database: Database) throws(Problem) {
        let asked = steadyMicroseconds()
        guard let server = try database.rows(Statement.server).first else { throw .noSchema }
        latency = Double(steadyMicroseconds() - asked)
        (serverVersion, databaseSize) = (server.name(0), server.count(1))
        (schema, oldest) = (server.count(2), server.integer(3))
        processes = try database.rows(Statement.processes).map { row in
            Process(
                host: row.name(0), pid: row.count(1), version: row.name(2), started: row.count(3),
                silence: row.number(4) ?? 0, store: row.name(5), storeState: row.name(6), loops: row.count(7),
                connections: row.count(8), clients: row.name(9), backlog: row.count(10), spooled: row.count(11),
                eventsDropped: row.count(12), storeErrors: row.count(13))
        }
    }
}
