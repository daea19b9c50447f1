import CPostgres
import Glibc
public import Limiters
import Platform

/// One connection to PostgreSQL: the owner of a `PGconn`.
///
/// Only one owner at a time may use it, but on any thread. After a ``PostgresError`` of kind `.unreachable` or `.timedOut`,
/// release the connection: a late answer would be mistaken for that of the next statement.
public final class PostgresConnection: @unchecked Sendable {
    private let connection: OpaquePointer
    private let location: PostgresLocation

    /// Parts of libpq's messages for a wrong user, password, database or certificate.
    private static let credentialErrors = [
        "authentication", "password", "role \"", "database \"", "pg_hba", "certificate",
    ]

    /// Connects (`PQconnectdbParams`), within the location's `connect_timeout`, by default 3 s per host.
    ///
    /// - Throws: ``PostgresError``: `.misconfigured` if the server rejects the user, password or database, or a
    ///   certificate is rejected, else `.unreachable`.
    public init(_ location: PostgresLocation) throws(PostgresError) {
        self.location = location
        let pairs = location.settings.map { (strdup($0.key), strdup($0.value)) }
        defer {
            for (key, value) in pairs {
                free(key)
                free(value)
            }
        }
        let keywords = pairs.map { $0.0.map { UnsafePointer($0) } } + [nil]
        let values = pairs.map { $0.1.map { UnsafePointer($0) } } + [nil]
        guard let connection = PQconnectdbParams(keywords, values, 0) else {
            throw PostgresError(.unreachable, "\(location): not enough memory for a connection")
        }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else {
            let text = String(cString: PQerrorMessage(connection))
            let isMisconfigured = Self.credentialErrors.contains { text.contains($0) }
            throw PostgresError(isMisconfigured ? .misconfigured : .unreachable, "\(location): \(text)")
        }
        PQsetnonblocking(connection, 1)
        // libpq would print notices on standard error, past the log.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
    }

    deinit {
        PQfinish(connection)
    }

    /// Runs one statement (`PQsendQueryParams`), which is planned for these values.
    ///
    /// Nothing outlasts its transaction: a pooler such as PgBouncer may carry out the next one on another session.
    ///
    /// - Parameters:
    ///   - sql: the statement, with `$1`, `$2`, … for the parameters.
    ///   - parameters: their values.
    ///   - deadline: how long it may take.
    /// - Returns: its rows.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func query(
        _ sql: String, _ parameters: [PostgresParameter] = [], deadline: Microseconds = 10_000_000
    ) throws(PostgresError) -> PostgresResult {
        try answer(to: send(parameters) { PQsendQueryParams(connection, sql, $0, nil, $1, $2, $3, 0) }, deadline)
    }

    /// Runs several statements without parameters, in one transaction unless they contain others (`PQsendQuery`).
    ///
    /// - Parameters:
    ///   - script: the statements.
    ///   - deadline: how long they may take together.
    /// - Throws: ``PostgresError``.
    public func run(_ script: String, deadline: Microseconds = 60_000_000) throws(PostgresError) {
        _ = try answer(to: PQsendQuery(connection, script), deadline)
    }

    private typealias Texts = UnsafePointer<UnsafePointer<CChar>?>

    /// Calls `body` with the parameters as libpq expects them: count, values, lengths, formats.
    private func send(
        _ parameters: [PostgresParameter],
        _ body: (Int32, Texts?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Int32
    ) -> Int32 {
        // libpq expects a NUL after each value.
        var bytes: [UInt8] = []
        var offsets: [Int?] = []
        for parameter in parameters {
            offsets.append(parameter.text == nil ? nil : bytes.count)
            guard let text = parameter.text else { continue }
            bytes += text
            bytes.append(0)
        }
        return bytes.withUnsafeBytes { bytes in
            let base = bytes.assumingMemoryBound(to: CChar.self).baseAddress
            let values = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
            return body(Int32(parameters.count), values, nil, nil)
        }
    }

    /// Waits for all results of what was sent, and returns the last one.
    private func answer(to sent: Int32, _ deadline: Microseconds) throws(PostgresError) -> PostgresResult {
        guard sent == 1 else { throw lost() }
        let end = steadyMicroseconds() + deadline
        while true {
            let unsent = PQflush(connection)
            guard unsent >= 0 else { throw lost() }
            guard unsent > 0 || PQisBusy(connection) == 1 else { break }
            try wait(for: unsent > 0 ? POLLIN | POLLOUT : POLLIN, until: end)
        }
        var last: OpaquePointer?
        var failure: PostgresError?
        while true {
            while PQisBusy(connection) == 1 { try wait(for: POLLIN, until: end) }
            guard let result = PQgetResult(connection) else { break }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                if let last { PQclear(last) }
                last = result
            default:
                failure = failure ?? self.failure(of: result)
                PQclear(result)
            }
        }
        if let failure {
            if let last { PQclear(last) }
            throw PQstatus(connection) == CONNECTION_OK ? failure : lost()
        }
        guard let last else { throw lost() }
        return PostgresResult(last)
    }

    /// Waits until the socket is ready, and reads what has arrived (`PQconsumeInput`).
    private func wait(for events: Int32, until end: Microseconds) throws(PostgresError) {
        var descriptor = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
        let left = max(0, end - steadyMicroseconds())
        let ready = poll(&descriptor, 1, Int32(clamping: (left + 999) / 1_000))
        guard ready != 0 else { throw PostgresError(.timedOut, "\(location) did not answer in time") }
        guard ready > 0 || errno == EINTR else { throw lost() }
        if Int32(descriptor.revents) & ~POLLOUT != 0, PQconsumeInput(connection) == 0 { throw lost() }
    }

    private func failure(of result: OpaquePointer) -> PostgresError {
        func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
        let message = field(Int32(UInt8(ascii: "M"))) ?? String(cString: PQresultErrorMessage(result))
        let code = field(Int32(UInt8(ascii: "C")))
        // 57014: the server has cancelled the statement, for example at its statement_timeout.
        return PostgresError(
            code == "57014" ? .timedOut : .refused, "\(location) answered: \(message)", sqlState: code)
    }

    private func lost() -> PostgresError {
        let text = String(cString: PQerrorMessage(connection))
        return PostgresError(.unreachable, "\(location): \(text.isEmpty ? "the connection was lost" : text)")
    }
}
