/// All requests together, over time, by endpoint and by strategy.
struct OverviewView: PageContent {
    static let template = "overview"

    /// Whether neither the range nor the time before it has requests.
    let isEmpty: Bool
    let figures: FiguresView
    let chart: ChartView
    let endpoints: TableView
    let strategies: TableView
    /// The files of the figures.
    let files: FilesView

    init(_ report: Report) throws(Problem) {
        let filter = report.filter
        let series = try report.figures()
        let all = series.sum
        isEmpty = all.now.total == 0 && all.before.total == 0
        figures = FiguresView(all, over: filter.range)
        chart = ChartView(try report.timeline(), filter)
        let empty = "No requests in this range."
        endpoints = TableView(.endpoints(series), "Endpoints", empty: empty, filter, on: .overview)
        strategies = TableView(.strategies(series), "Strategies", empty: empty, filter, on: .overview)
        files = FilesView(.totals, of: "the totals", filter)
    }
}
