/// The effect of limits: the load that they keep off, how near clients come to them, and whom a limit for everybody refuses.
struct EffectivenessView: PageContent {
    static let template = "effectiveness"

    /// The load kept off, in one sentence.
    let summary: String
    let policies: TableView
    /// `nil` if no policy depends on how requests end.
    let units: TableView?
    let near: TableView
    let victims: TableView

    init(_ report: Report) throws(Problem) {
        let filter = report.filter
        let series = try report.useFigures()
        let (total, seconds) = (series.reduce(into: Counts()) { $0 += $1.figures.counts }, report.countedSeconds)
        let rates = zip(report.range.bars, try report.bars(report.range.period)).map { bar, counts in
            Double(counts.blocked) / Double(max(10, report.range.passed(of: bar)))
        }
        summary =
            "\(Figure.count(total.blocked)) requests were kept off the backends, \(Figure.share(total.blockRate)) of all: "
            + "\(Figure.number(Double(total.blocked) / Double(seconds))) per second on average, and at most "
            + "\(Figure.number(rates.max() ?? 0)) per second in a bar of the chart on the overview."
        policies = TableView(
            .effectiveness(series, over: seconds), "Policies and their limits",
            empty: "No requests in this range.", filter, on: .effectiveness)
        let units = Table.units(try report.units())
        self.units =
            units.rows.isEmpty
            ? nil : TableView(units, "Units charged, refunded and corrected", empty: "", filter, on: .effectiveness)
        victims = TableView(
            .victims(try report.victims()), "Refused by limits for everybody",
            empty: "No limit for everybody refused a request whose address is kept.", filter, on: .effectiveness)
        near = TableView(
            .near(try report.nearClients()), "Clients near a limit",
            empty: "No client that was not refused has used 80 % of a limit.", filter, on: .effectiveness)
    }
}
