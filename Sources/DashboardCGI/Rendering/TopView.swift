/// The heaviest senders by one of several keys.
struct TopView: PageContent {
    static let template = "top"

    /// What the list may be made of.
    let keys: [NavigationLink]
    /// Which rows may come first.
    let orders: [NavigationLink]
    let table: TableView

    init(_ report: Report) throws(Problem) {
        let filter = report.filter
        let ranking = filter.ranking
        func link(_ text: String, _ change: (inout Ranking) -> Void) -> NavigationLink {
            var changed = ranking
            change(&changed)
            return NavigationLink(
                address: filter.address(PageName.top.rawValue, changed.fields), text: text,
                isCurrent: changed == ranking)
        }
        keys = Ranking.Key.allCases.map { key in link(key.plural) { $0.key = key } }
        orders = Ranking.Order.allCases.map { order in
            link(order == .requests ? "Most requests" : "Most blocked") { $0.order = order }
        }
        table = TableView(
            .top(try report.topSenders(limit: TopSenders.limit.page)),
            "\(ranking.key.plural) with the most \(ranking.order == .requests ? "requests" : "blocked requests")",
            empty: "No requests in this range.", filter, on: .top)
    }
}
