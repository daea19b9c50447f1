/// The latest blocked requests.
struct EventsView: PageContent {
    static let template = "events"

    let events: TableView
    /// The address of the latest events; `nil` if they are shown.
    let newest: String?
    /// The address of the events before those that are shown; `nil` if there are none.
    let older: String?

    init(_ report: Report) throws(Problem) {
        let filter = report.filter
        let events = try report.events()
        self.events = TableView(
            .events(events), filter.before == nil ? "Blocked requests, latest first" : "Older blocked requests",
            empty: "No blocked request of this range is kept in detail.", filter, on: .events)
        newest = filter.before == nil ? nil : filter.address("events")
        older =
            events.count == Report.mostEvents
            ? events.last.map { filter.address("events", [("before", $0.cursor.text)]) } : nil
    }
}
