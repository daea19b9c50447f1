/// One line: whether blocking is unusual, since when, who is blocked and by which policy.
struct VerdictView {
    /// `usual` or `unusual`: a class of the style sheet.
    let tone: String
    let title: String
    let since: TimeView?
    let detail: String
    /// The client and the policy with the most blocked requests; `nil` while nothing is unusual.
    let client: LinkView?
    let policy: LinkView?

    init(_ timeline: Timeline, _ totals: Totals, client: String?, policy: String?, _ filter: Filter) {
        guard let unusual = UnusualBlocking(timeline) else {
            (tone, title, since) = ("usual", totals.now.total > 0 ? "Nothing unusual" : "No requests", nil)
            detail = totals.now.total > 0 ? "\(Figure.share(totals.now.blockRate)) of all requests are blocked" : ""
            (self.client, self.policy) = (nil, nil)
            return
        }
        (tone, title, since) = ("unusual", "Unusual blocking", TimeView(unusual.since.utc))
        let counts = unusual.counts
        detail = "\(Figure.count(counts.blocked)) requests blocked, \(Figure.share(counts.blockRate)) of all"
        self.client = client.map {
            LinkView(address: filter.address("client", [("client", $0)]), text: clientName($0))
        }
        self.policy = policy.map { LinkView(address: filter.address("", [("policy", $0)]), text: $0) }
    }
}
