import Analytics
import Logging

/// A worker's connection to the database, made when it is first needed and anew when it broke.
///
/// It only reads, and each statement is prepared once.
final class Database {
    private let location: PostgresLocation?
    /// Microseconds that a statement may take.
    private let deadline: Int64
    private let logger: Logger
    private var connection: PostgresConnection?

    init(_ location: PostgresLocation?, deadline: Int64, _ logger: Logger) {
        self.location = location
        self.deadline = deadline
        self.logger = logger
    }

    /// Where it is, without its password.
    var name: String { location?.description ?? "no database" }

    /// The rows that a statement gives.
    ///
    /// - Parameters:
    ///   - sql: a file of this program's, or such a file with the name of a table in it.
    ///   - parameters: the values of `$1`, `$2`, …
    /// - Returns: the rows in their order.
    /// - Throws: ``Problem`` of kind `.unavailable`.
    func rows(_ sql: String, _ parameters: [PostgresParameter] = []) throws(Problem) -> [Row] {
        guard let location else { throw .noDatabase }
        func ask(_ connection: PostgresConnection) throws(PostgresError) -> [Row] {
            let result = try connection.prepared(sql, parameters, deadline: deadline + 1_000_000)
            let columns = result.columns.count
            var rows: [Row] = []
            rows.reserveCapacity(result.count)
            for index in 0..<result.count { rows.append(Row(result, index, columns: columns)) }
            return rows
        }
        do throws(PostgresError) {
            if let kept = connection {
                do throws(PostgresError) {
                    return try ask(kept)
                } catch {
                    // It may have broken long ago, and nothing is changed by asking twice.
                    guard error.kind == .unreachable else { throw error }
                    connection = nil
                }
            }
            return try ask(try connect(location))
        } catch {
            if error.kind == .unreachable || error.kind == .timedOut { connection = nil }
            if error.sqlState == "42P01" || error.sqlState == "3F000" { throw .noSchema }
            logger.warning("\(error)")
            throw Problem(error)
        }
    }

    private func connect(_ location: PostgresLocation) throws(PostgresError) -> PostgresConnection {
        let made = try PostgresConnection(location)
        // Plans are made for the values at hand, which say what partitions are needed; compiling them takes longer than
        // they run.
        try made.run(
            """
            set default_transaction_read_only = on; set timezone = 'UTC'; set jit = off;
            set plan_cache_mode = force_custom_plan; set statement_timeout = '\(deadline / 1_000)ms';
            """)
        connection = made
        return made
    }
}
