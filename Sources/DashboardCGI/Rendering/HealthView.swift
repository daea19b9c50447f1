import Analytics

/// The state of the store, the database and the limiters.
struct HealthView: PageContent {
    static let template = "health"

    /// One part of the system.
    struct Card {
        let title: String
        /// `up`, `late`, `missing` or `down`: a class of the style sheet.
        let state: String
        let value: String
        /// How long the part took to answer; `nil` if it was not asked.
        var latency: String?
        let lines: [String]
    }

    let cards: [Card]
    /// The limiters; `nil` if the database does not answer.
    let processes: TableView?

    init(_ fleet: Result<Fleet, Problem>, _ database: Database, _ limiter: LiveStore, _ filter: Filter) {
        let store = Self.store(limiter)
        switch fleet {
        case .success(let fleet):
            cards = [store, Self.database(fleet, database.name), Self.limiters(fleet), Self.backlog(fleet)]
            processes = TableView(
                .processes(fleet.processes), "Limiters", empty: "No limiter has written for three days.", filter,
                on: .health)
        case .failure(let problem):
            let lines = [problem.title, problem.remedy]
            cards = [store, Card(title: "PostgreSQL", state: "down", value: "down", lines: lines)]
            processes = nil
        }
    }

    private static func store(_ limiter: LiveStore) -> Card {
        switch limiter.state {
        case .up(let latency):
            Card(
                title: "Store", state: "up", value: "up", latency: Figure.microseconds(latency),
                lines: ["\(limiter.location)"])
        case .absent:
            Card(
                title: "Store", state: "missing", value: "missing",
                lines: ["\(limiter.location): no limiter has created this store yet."])
        case .down(let reason): Card(title: "Store", state: "down", value: "down", lines: [reason])
        }
    }

    private static func database(_ fleet: Fleet, _ name: String) -> Card {
        let since = fleet.oldest.map { ", counts since " + $0.day } ?? ""
        var state = "up"
        var lines = [
            "PostgreSQL \(fleet.serverVersion.prefix { $0 != " " }), schema \(fleet.schema)", name,
            Figure.bytes(fleet.databaseSize) + since,
        ]
        if case .standby(let lag) = fleet.role {
            // Pages show what limiters wrote a second ago, so a lag of some seconds goes unnoticed.
            if lag.map({ $0 > 10 }) ?? true { state = "late" }
            lines.append(
                "standby, " + (lag.map { Figure.seconds(max(0, $0)) } ?? "an unknown time") + " behind its primary")
        }
        return Card(
            title: "PostgreSQL", state: state, value: state, latency: Figure.microseconds(fleet.latency), lines: lines)
    }

    private static func limiters(_ fleet: Fleet) -> Card {
        func count(_ life: Fleet.Life) -> Int64 { Int64(fleet.processes.count { $0.life == life }) }
        let (up, silent) = (count(.up), count(.silent))
        if silent > 0 {
            return Card(
                title: "Limiters", state: "down", value: "\(Figure.count(silent)) silent",
                lines: ["\(Figure.count(up)) write. Check the others' machines, and their journals."])
        }
        guard up > 0 else {
            return Card(
                title: "Limiters", state: "missing", value: "none",
                lines: ["No limiter writes now. Check that they run with this database."])
        }
        return Card(title: "Limiters", state: "up", value: Figure.count(up), lines: ["write at least every 5 seconds"])
    }

    private static func backlog(_ fleet: Fleet) -> Card {
        let backlog = fleet.processes.map(\.backlog).saturatingSum
        let spooled = fleet.processes.map(\.spooled).saturatingSum
        return Card(
            title: "Backlog", state: backlog > 10 ? "late" : "up", value: Figure.count(backlog),
            lines: [
                "batches not written yet, one per second and limiter",
                Figure.bytes(spooled) + " on the limiters' disks",
            ])
    }
}
