import Analytics
import Platform

/// The limiters that write to the database, and the database itself.
struct Fleet {
    /// Whether a limiter still writes, in the words of the statement `processes`.
    enum Life: String {
        case up
        /// Stopped writing for no known reason.
        case silent
        /// Stopped writing before another process of its host began.
        case replaced
        /// Stopped as it should.
        case ended
    }

    /// A limiter, as it was when it last wrote.
    struct Process {
        let host: String
        let pid: Int64
        let version: String
        /// Whether the limiter still writes.
        let life: Life
        let started: Moment
        /// When it last wrote.
        let seen: Moment
        /// Seconds since it last wrote.
        let silence: Double
        let store: String
        /// `up`, or one line that says what is wrong.
        let storeState: String
        let loops: Int64
        let connections: Int64
        /// `plain` or `hashed`.
        let clients: String
        /// Batches that were waiting to be written, and their bytes on disk.
        let backlog: Int64
        let spooled: Int64
        let eventsDropped: Int64
        let storeErrors: Int64

        fileprivate init(_ row: Row) throws(Problem) {
            host = try row.name("host")
            pid = try row.count("pid")
            version = try row.name("version")
            life = Life(rawValue: try row.name("life")) ?? .silent
            started = try row.moment("started")
            seen = try row.moment("seen")
            silence = try row.number("silence") ?? 0
            store = try row.name("store")
            storeState = try row.name("store_state")
            loops = try row.count("loops")
            connections = try row.count("connections")
            clients = try row.name("clients")
            backlog = try row.count("backlog")
            spooled = try row.count("spooled")
            eventsDropped = try row.count("events_dropped")
            storeErrors = try row.count("store_errors")
        }
    }

    /// Whether the server accepts changes, or replicates one that does.
    enum Role {
        case primary
        /// `lag` is in seconds; `nil` if nothing has been replayed yet.
        case standby(lag: Double?)
    }

    let serverVersion: String
    let role: Role
    let databaseSize: Int64
    let schema: Int64
    /// The oldest hour that is kept; `nil` before the first count.
    let oldest: Moment?
    let processes: [Process]
    /// Microseconds that the database took to answer one statement.
    let latency: Double

    /// Asks the database.
    ///
    /// - Throws: ``Problem`` if it does not answer.
    init(_ database: Database) throws(Problem) {
        let asked = steadyMicroseconds()
        guard let server = try database.rows(.server).first else { throw .noSchema }
        latency = Double(steadyMicroseconds() - asked)
        serverVersion = try server.name("version")
        role = try server.text("is_standby") == "t" ? .standby(lag: server.number("lag")) : .primary
        databaseSize = try server.count("size")
        schema = try server.count("schema")
        oldest = try server.integer("oldest").map { Moment(seconds: $0) }
        processes = try Self.processes(database)
    }

    /// The limiters that write to a database, and those that did until a short time ago.
    ///
    /// - Throws: ``Problem`` if it does not answer.
    static func processes(_ database: Database) throws(Problem) -> [Process] {
        try database.rows(.processes).map(Process.init)
    }
}
