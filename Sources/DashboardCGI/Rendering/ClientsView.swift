/// The most blocked clients, and the hours at which clients were blocked.
struct ClientsView: PageContent {
    static let template = "clients"

    let clients: TableView
    let hours: HoursView

    init(_ report: Report) throws(Problem) {
        clients = TableView(
            .clients(try report.blockedClients()), "Most blocked clients",
            empty: "No client was blocked in this range.",
            report.filter, on: .clients)
        hours = try HoursView(report)
    }
}
