extension PageView {
    /// All requests together, over time, by strategy and by endpoint.
    static func overview(_ report: Report) throws(Problem) -> Templates.View {
        let filter = report.filter
        let figures = try report.figures()
        let all = figures.sum
        return [
            "figures": FiguresView(all, over: filter.range).view,
            "notes": FiguresView.notes(all.now),
            "isEmpty": all.now.total == 0 && all.before.total == 0,
            "chart": ChartView(try report.timeline(), over: filter.range).view,
            "chartFiles": files(.timeline, filter),
            "totalFiles": files(.totals, filter),
            "strategies": Table.strategies(figures).view(
                "Strategies", empty: "No requests in this range.", filter, on: .overview),
            "endpoints": Table.endpoints(figures).view(
                "Endpoints", empty: "No requests in this range.", filter, on: .overview),
        ]
    }

    /// Where a table that the page shows in another form is as a file.
    static func files(_ name: TableName, _ filter: Filter) -> Templates.View {
        [
            "csv": filter.address(name.rawValue + ".csv"), "json": filter.address(name.rawValue + ".json"),
            "name": name.rawValue,
        ]
    }
}
