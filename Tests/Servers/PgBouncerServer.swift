import Foundation
import Synchronization

/// A private PgBouncer that pools transactions, on a Unix socket, in front of a PostgreSQL.
///
/// Transactions take turns on several server connections, so that a session that is expected to last fails at once.
public final class PgBouncerServer: Sendable {
    private let folder: TemporaryFolder
    private let process: Mutex<ServerProcess>

    /// Starts a PgBouncer.
    ///
    /// - Throws: ``ServerError`` when PgBouncer is not installed, or does not start.
    public init(_ postgres: PostgresServer) throws {
        folder = try TemporaryFolder()
        PostgresServer.give(folder.path)
        try folder.write(
            """
            [databases]
            * = host=\(postgres.host) port=\(postgres.portNumber)
            [pgbouncer]
            unix_socket_dir = \(folder.path)
            unix_socket_mode = 0777
            auth_type = trust
            auth_file = \(folder.path("users"))
            pool_mode = transaction
            min_pool_size = 3
            server_round_robin = 1
            server_login_retry = 1
            """, to: "pgbouncer.ini")
        try folder.write("\"limiter\" \"\"\n", to: "users")
        process = Mutex(try Self.start(in: folder))
    }

    private static func start(in folder: TemporaryFolder) throws -> ServerProcess {
        let pgbouncer = try Program("pgbouncer", package: "pgbouncer").path
        return try ServerProcess(
            Program("setpriv", package: "util-linux"),
            PostgresServer.asOther + ["--pdeathsig", "KILL", "--", pgbouncer, folder.path("pgbouncer.ini")], in: folder
        ) { ServerAddress.unix(path: folder.path(".s.PGSQL.6432")).accepts }
    }

    /// A connection string for the database `site`.
    public var location: String { "host=\(folder.path) port=6432 user=limiter dbname=site" }

    /// Kills PgBouncer (SIGKILL), which cuts connections in the middle of transactions, and starts it again.
    ///
    /// - Throws: ``ServerError`` when it does not start.
    public func restart() throws {
        try process.withLock { process in
            process.send(SIGKILL)
            process.stop()
            try? FileManager.default.removeItem(atPath: folder.path(".s.PGSQL.6432"))
            process = try Self.start(in: folder)
        }
    }
}
