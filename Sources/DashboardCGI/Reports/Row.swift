/// One row of a statement's result, whose columns are read by name.
struct Row {
    /// The columns of a statement's result.
    struct Columns {
        /// The statement's name, for errors.
        let statement: String
        /// The index of each column.
        let indices: [String: Int]
    }

    private let columns: Columns
    private let values: [String?]

    init(_ columns: Columns, _ values: [String?]) {
        (self.columns, self.values) = (columns, values)
    }

    /// The text of a column; `nil` for null.
    ///
    /// - Throws: ``Problem`` that names the statement if its result has no such column, as do all other readers.
    func text(_ column: String) throws(Problem) -> String? {
        guard let index = columns.indices[column] else {
            throw Problem(
                .unavailable, "\(columns.statement).sql returns no column \(column).",
                "Report this line: the dashboard was built from files that do not match.")
        }
        return values[index]
    }

    /// The integer in a column; `nil` for null.
    func integer(_ column: String) throws(Problem) -> Int64? { try text(column).flatMap { Int64($0) } }

    /// The number in a column; `nil` for null.
    func number(_ column: String) throws(Problem) -> Double? { try text(column).flatMap { Double($0) } }

    /// A count or a sum; 0 for null.
    func count(_ column: String) throws(Problem) -> Int64 { try integer(column) ?? 0 }

    /// A time in seconds since 1970; 1970 for null.
    func moment(_ column: String) throws(Problem) -> Moment { Moment(seconds: try count(column)) }

    /// A name; empty for null.
    func name(_ column: String) throws(Problem) -> String { try text(column) ?? "" }

    /// The integers of an array, 0 for each null; empty for null.
    func counts(_ column: String) throws(Problem) -> [Int64] {
        try name(column).dropFirst().dropLast().split(separator: ",").map { Int64($0) ?? 0 }
    }
}
