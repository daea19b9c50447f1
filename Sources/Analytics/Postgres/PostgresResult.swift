import CPostgres

/// The rows that a statement returned: the owner of a `PGresult`.
public struct PostgresResult: ~Copyable {
    private let result: OpaquePointer

    init(_ result: OpaquePointer) {
        self.result = result
    }

    deinit {
        PQclear(result)
    }

    /// The number of rows.
    public var count: Int { Int(PQntuples(result)) }

    /// The names of the columns, in order.
    public var columns: [String] {
        (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }
    }

    /// The value as text; `nil` for null.
    ///
    /// - Parameters:
    ///   - row: from 0, below ``count``.
    ///   - column: from 0, in the order of the statement.
    /// - Returns: the value.
    public func text(_ row: Int, _ column: Int) -> String? {
        let (row, column) = (Int32(row), Int32(column))
        guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else { return nil }
        return String(
            decoding: UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(result, row, column))), as: UTF8.self)
    }

    /// The value as an integer; `nil` for null and for other values.
    public func integer(_ row: Int, _ column: Int) -> Int64? {
        text(row, column).flatMap { Int64($0) }
    }

    /// The value as a number; `nil` for null and for other values.
    public func number(_ row: Int, _ column: Int) -> Double? {
        text(row, column).flatMap { Double($0) }
    }

    /// The value of a `boolean`; `nil` for null.
    public func truth(_ row: Int, _ column: Int) -> Bool? {
        text(row, column).map { $0 == "t" }
    }
}
