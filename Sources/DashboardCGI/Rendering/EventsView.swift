/// The latest refused requests.
struct EventsView: PageContent {
    static let template = "events"

    let events: TableView
    /// The conditions as text, and the form's other fields.
    let conditions: String
    let fields: [FilterView.Field]
    let isGrouped: Bool
    /// The address of the latest events; `nil` if they are shown.
    let newest: String?
    /// The address of the events before those that are shown; `nil` if there are none.
    let older: String?

    init(_ report: Report) throws(Problem) {
        let filter = report.filter
        let limit = Events.limit
        let events = try report.events(limit: limit.page)
        let kind = filter.groupsEvents ? "Refused requests by their latest repeat" : "Refused requests, latest first"
        let note =
            "There are more: only \(limit.page) are listed. A file has up to "
            + "\(Figure.count(Int64(limit.file))), and its header Link names the next one."
        let table = Table.events(events, filter, note: events.isCut ? note : nil)
        self.events = TableView(
            table, filter.before == nil ? kind : "Older refused requests",
            empty: "No refused request of this range is kept in detail.", filter, on: .events)
        conditions = filter.terms.map(\.text).joined(separator: " ")
        fields = FilterView.fields(filter.rangeFields + filter.subjectFields)
        isGrouped = filter.groupsEvents
        newest = filter.before == nil ? nil : filter.address("events")
        older = table.next.map { filter.address("events", [$0]) }
    }
}
