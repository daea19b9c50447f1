extension PageView {
    /// How the store, the database and the limiters do.
    ///
    /// - Returns: the page, and what is wrong where the database does not answer.
    static func health(_ filter: Filter, _ database: Database, _ limiter: LiveStore) -> (Templates.View, Problem?) {
        var cards = [store(limiter)]
        do throws(Problem) {
            let fleet = try Fleet(database)
            let backlog = fleet.processes.reduce(0) { $0 + $1.backlog }
            let spooled = fleet.processes.reduce(0) { $0 + $1.spooled }
            let since = fleet.oldest.map { ", counts since " + Moment(seconds: $0).text("%b %e, %Y") } ?? ""
            cards += [
                card(
                    "PostgreSQL", "up", "up", Figure.microseconds(fleet.latency),
                    [
                        "PostgreSQL \(fleet.serverVersion.prefix { $0 != " " }), schema \(fleet.schema)", database.name,
                        Figure.bytes(fleet.databaseSize) + since,
                    ]),
                card(
                    "Limiters", fleet.processes.isEmpty ? "away" : "up",
                    fleet.processes.isEmpty ? "none" : Figure.count(Int64(fleet.processes.count)), nil,
                    fleet.processes.isEmpty
                        ? ["No limiter wrote within the last minute: check that they run with this database."]
                        : ["seen within the last minute"]),
                card(
                    "Backlog", backlog > 10 ? "late" : "up", Figure.count(backlog), nil,
                    ["batches not written yet, one a second and limiter", Figure.bytes(spooled) + " on their disks"]),
            ]
            return (
                [
                    "cards": cards,
                    "processes": Table.processes(fleet.processes).view(
                        "Limiters", empty: "No limiter wrote within the last minute.", filter, on: .health),
                ], nil
            )
        } catch {
            cards.append(card("PostgreSQL", "down", "down", nil, [error.title, error.remedy]))
            return (["cards": cards], error)
        }
    }

    private static func store(_ limiter: LiveStore) -> Templates.View {
        switch limiter.state {
        case .up(let latency): card("Store", "up", "up", Figure.microseconds(latency), ["\(limiter.location)"])
        case .absent:
            card("Store", "away", "not there", nil, ["\(limiter.location): no limiter has made this store yet."])
        case .down(let reason): card("Store", "down", "down", nil, [reason])
        }
    }

    private static func card(
        _ title: String, _ state: String, _ value: String, _ latency: String?, _ lines: [String]
    ) -> Templates.View {
        var view: Templates.View = ["title": title, "state": state, "value": value, "lines": lines]
        view["latency"] = latency
        return view
    }
}
