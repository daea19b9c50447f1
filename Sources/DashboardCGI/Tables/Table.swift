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

    let name: TableName
    let columns: [Column]
    /// One cell per column in each row.
    let rows: [[Cell]]
    /// A line that says what the table leaves out; `nil` if it is whole.
    var note: String?
}
