/// What the limits do: the load that they keep off, how near clients come to them, and who is hit by a limit for everybody.
struct EffectivenessView: PageContent {
    static let template = "effectiveness"

    /// The load kept off, in one sentence.
    let summary: String
    let policies: TableView
    let near: TableView
    let victims: TableView

    init(_ report: Report) throws(Problem) {
        let filter = report.filter
        let series = try report.figures()
        let totals = try report.totals(series)
        let timeline = try report.timeline()
        let rates = zip(timeline.range.bars, timeline.bars).map { bar, counts in
            Double(counts.blocked) / Double(max(10, timeline.range.passed(of: bar)))
        }
        summary =
            "\(Figure.count(totals.now.blocked)) requests were kept off the backends, "
            + "\(Figure.share(totals.now.blockRate)) of all: "
            + "\(Figure.number(Double(totals.now.blocked) / Double(totals.seconds))) per second on average, and at most "
            + "\(Figure.number(rates.max() ?? 0)) per second in a bar of the chart on the overview."
        policies = TableView(
            .effectiveness(series, try report.policyUse(), over: totals.seconds), "Policies and their limits",
            empty: "No requests in this range.", filter, on: .effectiveness)
        victims = TableView(
            .victims(try report.victims()), "Refused by limits for everybody",
            empty: "No limit for everybody refused a request whose address is kept.", filter, on: .effectiveness)
        near = TableView(
            .near(try report.nearClients()), "Clients near a limit",
            empty: "No client that was not refused has used 80 % of a limit.", filter, on: .effectiveness)
    }
}
