/// Rows and columns, from which a page, a CSV file and a JSON file are made.
struct Table {
    struct Column {
        /// The name in files: `block_rate`.
        let key: String
        /// The heading on pages: `Block rate`; `nil` for a column that only files have.
        let title: String?

        init(_ key: String, _ title: String?) {
            (self.key, self.title) = (key, title)
        }
    }

    /// The name of its files; `nil` for a table that only a page has.
    let name: TableName?
    let columns: [Column]
    /// The keys of the columns that together name the subject of a row.
    let identity: [String]
    /// One cell per column in each row.
    let rows: [[Cell]]
    /// A line that says what the table leaves out; `nil` if it is whole.
    let note: String?
    /// The field that makes the address of the table's continuation; `nil` if it is whole.
    let next: Filter.Field?

    /// The table with its first rows only.
    func first(_ most: Int) -> Table {
        Table(name: name, columns: columns, identity: identity, rows: Array(rows.prefix(most)))
    }

    /// A table whose rows are named by some of its columns; if none are given, by the first.
    init(
        name: TableName?, columns: [Column], identity: [String] = [], rows: [[Cell]], note: String? = nil,
        next: Filter.Field? = nil
    ) {
        (self.name, self.columns, self.rows, self.note, self.next) = (name, columns, rows, note, next)
        self.identity = identity.isEmpty ? columns.prefix(1).map(\.key) : identity
    }
}
