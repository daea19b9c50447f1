extension Table {
    /// Blocked requests by the hour of the day.
    static func hours(_ hours: [Int64]) -> Table {
        Table(
            name: .hours, columns: [Column("hour", "Hour (UTC)"), Column("blocked", "Blocked")],
            rows: hours.enumerated().map { hour, count in [.count(Int64(hour)), .count(count)] })
    }
}
