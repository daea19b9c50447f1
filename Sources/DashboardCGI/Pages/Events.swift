extension PageView {
    /// The latest requests that were blocked.
    static func events(_ report: Report) throws(Problem) -> Templates.View {
        let filter = report.filter
        let events = try report.events()
        var view: Templates.View = [
            "events": Table.events(events).view(
                filter.before == nil ? "Blocked requests, the latest first" : "Blocked requests, older ones",
                empty: "No request was blocked in this range.", filter, on: .events),
            "isOlder": filter.before != nil, "newest": filter.address("events"),
        ]
        if events.count == 100, let last = events.last {
            view["older"] = filter.address("events", [("before", last.place.text)])
        }
        return view
    }
}
