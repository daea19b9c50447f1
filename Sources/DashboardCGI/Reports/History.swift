import Analytics

/// How far back the counts in the database go.
struct History {
    /// The oldest count of 10 seconds that is kept.
    private let fine: Moment
    /// The oldest count of an hour that is kept.
    private let hours: Moment

    /// Asks the database; `nil` before the first count.
    init?(_ database: Database) throws(Problem) {
        guard let row = try database.rows(.history).first, let hours = try row.integer("hours") else { return nil }
        self.hours = Moment(seconds: hours)
        fine = Moment(seconds: try row.integer("fine") ?? .max)
    }

    /// Whether all counts are kept of 10 seconds, and not only of hours.
    private var isFine: Bool { fine.floored(to: 3_600) <= hours }

    /// The beginning of what is kept.
    var start: Moment { isFine ? fine : hours }

    /// Whether the counts of 10 seconds at this moment are no longer kept, although those of its hour may be.
    func isCoarse(at moment: Moment) -> Bool { !isFine && moment < fine }

    /// Whether all counts from this moment on are kept, with the edges that a range of this resolution needs.
    func reaches(_ moment: Moment, resolution: Int64) -> Bool {
        start <= moment && (resolution >= 3_600 || !isCoarse(at: moment))
    }
}
