import CPostgres

/// The rows that a statement gave: the owner of a `PGresult`.
public struct PostgresResult: ~Copyable {
    private let result: OpaquePointer

    init(_ result: OpaquePointer) {
        self.result = result
    }

    deinit {
        PQclear(result)
    }

    /// How many rows there are.
    public var count: Int { Int(PQntuples(result)) }

    /// The names of the columns, in their order.
    public var columns: [String] {
        (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }
    }

    /// How many rows a statement without rows has inserted, changed or removed.
    public var changed: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

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

    /// The value as an integer; `nil` for null and for what is none.
    public func integer(_ row: Int, _ column: Int) -> Int64? {
        text(row, column).flatMap { Int64($0) }
    }

    /// The value as a number; `nil` for null and for what is none.
    public func number(_ row: Int, _ column: Int) -> Double? {
        text(row, column).flatMap { Double($0) }
    }

    /// The value of a `boolean`; `nil` for null.
    public func truth(_ row: Int, _ column: Int) -> Bool? {
        text(row, column).map { $0 == "t" }
    }

    /// The numbers of an array such as `bigint[]`; `nil` for null.
    public func integers(_ row: Int, _ column: Int) -> [Int64]? {
        text(row, column).map { $0.dropFirst().dropLast().split(separator: ",").map { Int64($0) ?? 0 } }
    }
}
