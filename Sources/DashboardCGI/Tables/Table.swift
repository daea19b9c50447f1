/// Rows and columns, as a page shows them and as a file has them.
struct Table {
    /// A column.
    struct Column {
        /// Its name in files: `block_rate`.
        let key: String
        /// Its name on a page: `Block rate`.
        let title: String
        /// Whether it is for files only.
        let isHidden: Bool

        init(_ key: String, _ title: String) {
            (self.key, self.title, isHidden) = (key, title, false)
        }

        /// A column of files that no page shows.
        init(hidden key: String) {
            (self.key, title, isHidden) = (key, "", true)
        }
    }

    let name: TableName
    let columns: [Column]
    /// As many cells in each as there are columns.
    let rows: [[Cell]]
}

/// One value of a table.
enum Cell {
    /// What was never there, such as the wait of a request that can never pass.
    case absent
    case text(String)
    /// An identity as it is written; on a page it leads to the client's own.
    case client(String)
    /// A text that leads to the same page for this endpoint or policy alone.
    case choice(field: String, String)
    case count(Int64)
    /// A share from 0 to 1.
    case share(Double)
    /// A number that is no count: an average, a rate.
    case number(Double)
    /// Microseconds that something took.
    case microseconds(Double)
    /// A length of time in seconds.
    case seconds(Double)
    case time(Double)
    case bytes(Int64)
    /// A small chart.
    case spark([Int64])
    /// So much is left of so much.
    case left(Int64, of: Int64)
    /// How it is: well, or in one line what is wrong.
    case state(isWell: Bool, String)
}
