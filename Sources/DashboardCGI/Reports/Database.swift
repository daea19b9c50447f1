import Analytics
import Logging

/// A worker's connection to the database: made when it is first needed, and again after it broke.
///
/// Each statement is a read-only transaction, whose settings end with it: a pooler such as PgBouncer may carry out each
/// transaction on another session, and a standby accepts no other kind.
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
        // The connection may have broken long ago.
        let canBeStale = connection != nil
        do throws(PostgresError) {
            do throws(PostgresError) {
                return try rows(statement, parameters, in: location)
            } catch {
                // A second attempt changes nothing.
                guard canBeStale && error.kind == .unreachable || error.isRecoveryConflict else { throw error }
                return try rows(statement, parameters, in: location)
            }
        } catch {
            if error.isMissingSchema { throw .noSchema }
            logger.warning("\(error)")
            throw Problem(error)
        }
    }

    /// Adds a row to the audit trail, in a transaction that is committed if `act` succeeds.
    ///
    /// - Returns: the row's number.
    /// - Throws: ``Problem`` of `act`, or of the database. Nothing is done if the database does not take the row.
    func insert(_ record: AuditRecord, while act: () throws(Problem) -> Void) throws(Problem) -> Int64 {
        guard let location else { throw .noDatabase }
        let (connection, number): (PostgresConnection, Int64)
        do throws(PostgresError) {
            connection = try PostgresConnection(location)
            try connection.run("begin; set local statement_timeout = '\(deadline / 1_000)ms'")
            number = try record.write(in: connection)
        } catch {
            logger.warning("\(error)")
            throw error.isMissingSchema ? .noSchema : Problem(error)
        }
        // If that fails, the end of the connection ends the transaction, and nothing is added.
        try act()
        do throws(PostgresError) { try connection.run("commit") } catch {
            logger.warning("\(error)")
            throw Problem(.unavailable, "The action was carried out, but the audit trail lacks it.", error.description)
        }
        return number
    }

    private func rows(
        _ statement: Statement, _ parameters: [PostgresParameter], in location: PostgresLocation
    ) throws(PostgresError) -> [Row] {
        let connection = if let kept = connection { kept } else { try PostgresConnection(location) }
        // A failure leaves an open transaction or an answer that is still to come, so the connection is not kept.
        self.connection = nil
        // JIT compilation takes longer than the statements run.
        try connection.run(
            "begin read only; set local jit = off; set local statement_timeout = '\(deadline / 1_000)ms'")
        let result = try connection.query(statement.sql, parameters, deadline: deadline + 1_000_000)
        try connection.run("commit")
        self.connection = connection
        let names = result.columns
        let columns = Row.Columns(
            statement: statement.name,
            indices: Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first })
        return (0..<result.count).map { row in Row(columns, names.indices.map { result.text(row, $0) }) }
    }
}

extension PostgresError {
    /// Whether the database lacks the schema, or a table or function of it.
    fileprivate var isMissingSchema: Bool { ["42P01", "3F000", "42883"].contains(sqlState) }

    /// Whether a standby has cancelled the statement, because it needed rows that the primary has removed.
    fileprivate var isRecoveryConflict: Bool { sqlState == "40001" }
}

extension Problem {
    /// The database does not answer, or refuses.
    fileprivate init(_ error: PostgresError) {
        let remedy =
            switch error.kind {
            case .refused where error.isRecoveryConflict:
                "Reload the page. If this happens often, set hot_standby_feedback = on on the standby."
            case .unreachable: "Check that PostgreSQL runs and that the dashboard's connection string names it."
            case .timedOut: "The database is overloaded, or the range is too long. Try a shorter range."
            case .refused: "Check that the dashboard's user may read the schema: grant usage and select on limiter."
            case .misconfigured:
                "Check the user, password, database and certificates that the dashboard's connection string names."
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
