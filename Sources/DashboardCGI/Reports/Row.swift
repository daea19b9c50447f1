import Analytics

/// One row that the database gave.
struct Row {
    private let values: [String?]

    /// A row of a result.
    init(_ result: borrowing PostgresResult, _ row: Int, columns: Int) {
        var values: [String?] = []
        values.reserveCapacity(columns)
        for column in 0..<columns { values.append(result.text(row, column)) }
        self.values = values
    }

    /// A value as text; `nil` for null.
    func text(_ column: Int) -> String? { values[column] }

    /// A value as an integer; `nil` for null.
    func integer(_ column: Int) -> Int64? { values[column].flatMap { Int64($0) } }

    /// A value as a number; `nil` for null.
    func number(_ column: Int) -> Double? { values[column].flatMap { Double($0) } }

    /// A count or a sum: 0 for null.
    func count(_ column: Int) -> Int64 { integer(column) ?? 0 }

    /// A name: empty for null.
    func name(_ column: Int) -> String { values[column] ?? "" }

    /// The numbers of an array, 0 for a null among them; none for null.
    func counts(_ column: Int) -> [Int64] {
        (values[column] ?? "").dropFirst().dropLast().split(separator: ",").map { Int64($0) ?? 0 }
    }
}
