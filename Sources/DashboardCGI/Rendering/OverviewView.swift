/// All requests together, over time, by client, policy, endpoint and strategy.
struct OverviewView: PageContent {
    static let template = "overview"

    /// Whether neither the range nor the time before it has requests.
    let isEmpty: Bool
    let verdict: VerdictView
    let figures: FiguresView
    let chart: ChartView
    let clients: TableView
    let policies: TableView
    let endpoints: TableView
    let strategies: TableView
    /// The files of the figures.
    let files: FilesView

    /// The rows of the tables beside the chart.
    private static let most = 6

    init(_ report: Report, _ limiter: LiveStore) throws(Problem) {
        let filter = report.filter
        let series = try report.figures()
        let totals = try report.totals(series)
        let timeline = try report.timeline()
        let blocked = try report.blockedClients(most: Self.most)
        let policies = Table.policies(series)
        isEmpty = totals.now.total == 0 && (totals.comparison?.before.total ?? 0) == 0
        verdict = VerdictView(
            timeline, totals, client: blocked.first?.client, policy: Table.mostBlocked(series, by: \.policy), filter)
        figures = FiguresView(totals)
        chart = ChartView(timeline, limit: limiter.quota(filter), filter)
        let empty = "No requests in this range."
        clients = TableView(
            .clients(blocked), "Most blocked clients", empty: "No client was blocked in this range.", filter,
            on: .overview, columns: ["client", "blocked", "blocked_over_time", "block_rate"])
        self.policies = TableView(
            policies.first(Self.most), "Policies", empty: empty, filter, on: .overview,
            columns: ["policy", "requests", "blocked", "block_rate"])
        endpoints = TableView(.endpoints(series), "Endpoints", empty: empty, filter, on: .overview)
        strategies = TableView(.strategies(series), "Strategies", empty: empty, filter, on: .overview)
        files = FilesView(.totals, of: "the totals", filter)
    }
}
