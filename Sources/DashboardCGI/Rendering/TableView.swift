/// A table on a page.
struct TableView {
    struct Column {
        let title: String
        let isNumber: Bool
    }

    struct Row {
        /// Names the row's subject, so that a script moves the row when its place changes.
        let key: String
        let cells: [CellView]
    }

    /// The head and the rows of a table that has rows.
    struct Grid {
        /// The table's name.
        let name: String
        let columns: [Column]
        let rows: [Row]
    }

    /// A column that the page shows.
    private struct Shown {
        let index: Int
        let title: String
        let isNumber: Bool
        /// The largest of its numbers.
        let largest: Double
    }

    let name: String
    let title: String
    /// `nil` for a table that has no files.
    let files: FilesView?
    /// `nil` for a table without rows.
    let grid: Grid?
    /// The line to show instead of rows; `nil` for a table with rows.
    let empty: String?
    /// A line that says what the table leaves out; `nil` if it is whole or has no rows.
    let note: String?

    /// - Parameters:
    ///   - table: its rows and columns.
    ///   - title: the heading above it.
    ///   - empty: the line to show if there are no rows.
    ///   - filter: the filter that its links keep.
    ///   - page: the page that shows it.
    ///   - columns: the keys of the columns to show; `nil` for all.
    init(
        _ table: Table, _ title: String, empty: String, _ filter: Filter, on page: PageName,
        columns: Set<String>? = nil
    ) {
        name = table.name?.rawValue ?? table.columns[0].key
        self.title = title
        note = table.rows.isEmpty ? nil : table.note
        files = table.name.map { FilesView($0, of: title, filter) }
        guard !table.rows.isEmpty else {
            (grid, self.empty) = (nil, empty)
            return
        }
        let identity = table.identity.map { key in table.columns.firstIndex { $0.key == key } ?? 0 }
        let shown = table.columns.indices.compactMap { index -> Shown? in
            // Leaves out columns of files, columns without values, and a client's column on the client's own page.
            guard let title = table.columns[index].title, columns?.contains(table.columns[index].key) != false,
                !table.rows.allSatisfy({ $0[index].isSilent(on: page) })
            else { return nil }
            return Shown(
                index: index, title: title, isNumber: table.rows.contains { $0[index].isNumber },
                largest: table.rows.map { $0[index].magnitude }.max() ?? 0)
        }
        grid = Grid(
            name: name, columns: shown.map { Column(title: $0.title, isNumber: $0.isNumber) },
            rows: table.rows.map { row in
                Row(
                    key: identity.map { row[$0].csv }.joined(separator: " "),
                    cells: shown.map {
                        CellView(row[$0.index], filter, page, isNumber: $0.isNumber, largest: $0.largest)
                    })
            })
        self.empty = nil
    }
}

extension Cell {
    fileprivate func isSilent(on page: PageName) -> Bool {
        switch self {
        case .absent: true
        case .client: page == .client
        default: false
        }
    }
}
