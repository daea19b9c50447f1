/// One client: its requests over time and by endpoint, and what it has left now.
struct ClientView: PageContent {
    static let template = "client"

    /// When the client was first and last seen.
    struct Seen {
        let first: TimeView
        let last: TimeView
    }

    let name: String
    /// The identity in its written form.
    let identity: String
    /// The address of the page on which operators act on the client.
    let actAddress: String
    /// `nil` for a client that is not known.
    let seen: Seen?
    let isUnknown: Bool
    /// Whether the identity was too long to be written, so that its hash names it.
    let isHash: Bool
    let figures: FiguresView
    let chart: ChartView
    /// The remaining units by policy; `nil` if they are not known.
    let left: TableView?
    /// Why the remaining units are not known.
    let leftProblem: ProblemView?
    let endpoints: TableView
    let events: TableView
    let hours: HoursView

    init(_ report: Report, _ limiter: LiveStore) throws(Problem) {
        let filter = report.filter
        guard let client = filter.client else {
            throw Problem(.malformed, "No client is named.", "Choose a client on the clients page, or add client=.")
        }
        let series = try report.figures()
        (name, identity) = (clientName(client), client)
        actAddress = Filter.address("overrides", [("client", client)])
        seen = try report.seen([client])[client].map {
            Seen(first: TimeView($0.first.utc), last: TimeView($0.last.utc))
        }
        isUnknown = seen == nil
        isHash = client.hasPrefix("#")
        figures = FiguresView(try report.totals(series))
        chart = ChartView(try report.timeline(), limit: limiter.quota(filter), filter)
        endpoints = TableView(
            .endpoints(series), "Endpoints", empty: "No requests in this range.", filter, on: .client)
        events = TableView(
            .events(
                try report.events(limit: Events.limit.page), filter,
                note: "The page Events lists more, and filters them."), "Refused requests",
            empty: "No refused request of this range is kept in detail.", filter,
            on: .client)
        hours = try HoursView(report)
        do throws(Problem) {
            left = TableView(
                .left(try limiter.left(client)), "Left now", empty: "The rules have no policies.", filter, on: .client)
            leftProblem = nil
        } catch {
            (left, leftProblem) = (nil, ProblemView(error))
        }
    }
}
