import CPostgres
import Glibc
public import Limiters
import Platform

/// One connection to PostgreSQL: the owner of a `PGconn`.
///
/// One owner at a time uses it; it may go from one thread to another. After a ``PostgresError`` of kind `.unreachable` or
/// `.timedOut` it is dead, because a late answer would be taken for the next statement's: let go of it.
public final class PostgresConnection: @unchecked Sendable {
    private let connection: OpaquePointer
    private let location: PostgresLocation
    /// The names under which statements are prepared, by their text.
    private var prepared: [String: String] = [:]

    /// What errors say where the location's user, password or database is wrong.
    private static let credentialErrors = ["authentication", "password", "role \"", "database \"", "pg_hba"]

    /// Connects (`PQconnectdbParams`), within the location's `connect_timeout`: 3 s a host unless it says otherwise.
    ///
    /// - Throws: ``PostgresError``: `.misconfigured` where the server refuses user, password or database, else
    ///   `.unreachable`.
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
            throw PostgresError(.unreachable, "\(location): no memory for a connection")
        }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else {
            let text = String(cString: PQerrorMessage(connection))
            let isOurs = Self.credentialErrors.contains { text.contains($0) }
            throw PostgresError(isOurs ? .misconfigured : .unreachable, "\(location): \(text)")
        }
        PQsetnonblocking(connection, 1)
        // Notices would go to standard error, in no form of ours.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
    }

    deinit {
        PQfinish(connection)
    }

    /// The server's version as a number: 150006 for 15.6 (`PQserverVersion`).
    public var serverVersion: Int { Int(PQserverVersion(connection)) }

    /// Runs one statement (`PQsendQueryParams`).
    ///
    /// - Parameters:
    ///   - sql: the statement, with `$1`, `$2`, … where the parameters go.
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

    /// Runs one statement that will come again: it is prepared the first time (`PQsendPrepare`, `PQsendQueryPrepared`).
    ///
    /// - Parameters:
    ///   - sql: as for ``query(_:_:deadline:)``; statements are told apart by their text, so keep the variants few.
    ///   - parameters: their values.
    ///   - deadline: how long it may take.
    /// - Returns: its rows.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func prepared(
        _ sql: String, _ parameters: [PostgresParameter] = [], deadline: Microseconds = 10_000_000
    ) throws(PostgresError) -> PostgresResult {
        let name: String
        if let known = prepared[sql] {
            name = known
        } else {
            name = "s\(prepared.count)"
            _ = try answer(to: PQsendPrepare(connection, name, sql, 0, nil), deadline)
            prepared[sql] = name
        }
        return try answer(to: send(parameters) { PQsendQueryPrepared(connection, name, $0, $1, $2, $3, 0) }, deadline)
    }

    /// Runs several statements without parameters, in one transaction unless they say otherwise (`PQsendQuery`).
    ///
    /// - Parameters:
    ///   - script: the statements.
    ///   - deadline: how long they may take together.
    /// - Throws: ``PostgresError``.
    public func run(_ script: String, deadline: Microseconds = 60_000_000) throws(PostgresError) {
        _ = try answer(to: PQsendQuery(connection, script), deadline)
    }

    private typealias Texts = UnsafePointer<UnsafePointer<CChar>?>

    /// Calls `body` with what libpq takes for parameters: values, lengths, formats.
    private func send(
        _ parameters: [PostgresParameter],
        _ body: (Int32, Texts?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Int32
    ) -> Int32 {
        // Each ends with a NUL, as libpq wants text.
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

    /// Waits for all that the server says to what was sent; the last result counts.
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

    /// Waits until the socket can be used, and takes what has come (`PQconsumeInput`).
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
        return PostgresError(.refused, "\(location) answered: \(message)", sqlState: field(Int32(UInt8(ascii: "C"))))
    }

    private func lost() -> PostgresError {
        let text = String(cString: PQerrorMessage(connection))
        return PostgresError(.unreachable, "\(location): \(text.isEmpty ? "the connection is gone" : text)")
    }
}
