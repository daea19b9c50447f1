/// The links to a table's files.
struct FilesView {
    let csv: String
    let json: String
    /// What the files hold, for screen readers.
    let subject: String

    init(_ name: TableName, of subject: String, _ filter: Filter) {
        csv = filter.address(name.rawValue + ".csv")
        json = filter.address(name.rawValue + ".json")
        self.subject = subject
    }
}
