import Analytics
import Logging

/// A worker's connection to the database: made when it is first needed, and again after it broke.
///
/// The connection is read-only, and each statement is prepared once.
final class Database {
    private let location: PostgresLocation?
    /// Microseconds that a statement may take.
    private let deadline: Int64
    private let logger: Logger
    private var connection: PostgresConnection?

    init(_ location: PostgresLocation?, deadline: Int64, _ logger: Logger) {
        (self.location, self.deadline, self.logger) = (location, deadline, logger)
    }

    /// The address of the database, without its password.
    var name: String { location?.description ?? "no database" }

    /// Runs a statement.
    ///
    /// - Parameters:
    ///   - statement: one of this program's.
    ///   - parameters: the values of `$1`, `$2`, …
    /// - Returns: its rows, in order.
    /// - Throws: ``Problem`` of kind `.unavailable`.
    func rows(_ statement: Statement, _ parameters: [PostgresParameter] = []) throws(Problem) -> [Row] {
        guard let location else { throw .noDatabase }
        do throws(PostgresError) {
            if let kept = connection {
                do throws(PostgresError) {
                    return try rows(statement, parameters, on: kept)
                } catch {
                    // The connection may have broken long ago, and a second attempt changes nothing.
                    guard error.kind == .unreachable else { throw error }
                    connection = nil
                }
            }
            return try rows(statement, parameters, on: connect(location))
        } catch {
            if error.kind == .unreachable || error.kind == .timedOut { connection = nil }
            if error.sqlState == "42P01" || error.sqlState == "3F000" { throw .noSchema }
            logger.warning("\(error)")
            throw Problem(error)
        }
    }

    private func rows(
        _ statement: Statement, _ parameters: [PostgresParameter], on connection: PostgresConnection
    ) throws(PostgresError) -> [Row] {
        let result = try connection.prepared(statement.sql, parameters, deadline: deadline + 1_000_000)
        let names = result.columns
        let columns = Row.Columns(
            statement: statement.name,
            indices: Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first })
        return (0..<result.count).map { row in Row(columns, names.indices.map { result.text(row, $0) }) }
    }

    private func connect(_ location: PostgresLocation) throws(PostgresError) -> PostgresConnection {
        let made = try PostgresConnection(location)
        // Statements are planned for each call, because the values decide which partitions they read. JIT compilation
        // takes longer than the statements run.
        try made.run(
            """
            set default_transaction_read_only = on; set timezone = 'UTC'; set jit = off;
            set plan_cache_mode = force_custom_plan; set statement_timeout = '\(deadline / 1_000)ms';
            """)
        connection = made
        return made
    }
}

extension Problem {
    /// The database does not answer, or refuses.
    fileprivate init(_ error: PostgresError) {
        let remedy =
            switch error.kind {
            case .unreachable: "Check that PostgreSQL runs and that the dashboard's connection string names it."
            case .timedOut: "The database is overloaded, or the range is too long. Try a shorter range."
            case .refused: "Check that the dashboard's user may read the schema: grant usage and select on limiter."
            case .misconfigured: "Check the user, password and database of the dashboard's connection string."
            case .schema: "Install the same version of fcgi-limiter and its dashboard."
            }
        self.init(.unavailable, error.description, remedy)
    }

    /// The dashboard was started without a database.
    fileprivate static let noDatabase = Problem(
        .unavailable, "No database is configured.",
        "Start the dashboard with --postgres postgresql://USER@HOST/DATABASE, the database that the limiters write to.")

    /// The database lacks the limiter's tables.
    static let noSchema = Problem(
        .unavailable, "The database has no tables of fcgi-limiter yet.",
        "Start fcgi-limiter with the same database, or run fcgi-limiter migrate.")
}
