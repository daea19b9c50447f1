/// A table on a page.
struct TableView {
    struct Column {
        let title: String
        let isNumber: Bool
    }

    struct Row {
        let cells: [CellView]
    }

    /// The head and the rows of a table that has rows.
    struct Grid {
        /// The table's name.
        let name: String
        let columns: [Column]
        let rows: [Row]
    }

    let name: String
    let title: String
    let files: FilesView
    /// `nil` for a table without rows.
    let grid: Grid?
    /// The line to show instead of rows; `nil` for a table with rows.
    let empty: String?
    /// A line that says what the table leaves out; `nil` if it is whole.
    let note: String?

    /// - Parameters:
    ///   - table: its rows and columns.
    ///   - title: the heading above it.
    ///   - empty: the line to show if there are no rows.
    ///   - filter: the filter that its links keep.
    ///   - page: the page that shows it.
    init(_ table: Table, _ title: String, empty: String, _ filter: Filter, on page: PageName) {
        name = table.name.rawValue
        self.title = title
        note = table.note
        files = FilesView(table.name, of: title, filter)
        guard let first = table.rows.first else {
            (grid, self.empty) = (nil, empty)
            return
        }
        let shown = table.columns.indices.compactMap { index -> (index: Int, title: String)? in
            // Leaves out columns of files, columns without values, and a client's column on the client's own page.
            guard let title = table.columns[index].title,
                !table.rows.allSatisfy({ $0[index].isSilent(on: page) })
            else { return nil }
            return (index, title)
        }
        grid = Grid(
            name: name, columns: shown.map { Column(title: $0.title, isNumber: first[$0.index].isNumber) },
            rows: table.rows.map { row in Row(cells: shown.map { CellView(row[$0.index], filter, page) }) })
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
