import TextFormats

/// Blocked requests by the hour of the day, as a row of bars.
struct HoursView {
    /// A bar within 10 by 100.
    struct Bar {
        let hour: String
        let count: String
        let top: Int
        let height: Int
        /// Whether the hour keeps its label on narrow screens.
        let isNamed: Bool
    }

    /// The number of days whose hours are added up.
    let days: Int64
    let isEmpty: Bool
    let bars: [Bar]
    let files: FilesView

    init(_ report: Report) throws(Problem) {
        let hours = try report.hours()
        let peak = hours.max() ?? 0
        days = report.hoursPeriod.length / 86_400
        isEmpty = peak <= 0
        bars = hours.enumerated().map { hour, count in
            let height = Int(min(max(0, Double(count) / Double(max(1, peak))), 1) * 100)
            return Bar(
                hour: zeroPadded(hour, to: 2), count: Figure.count(count), top: 100 - height, height: height,
                isNamed: hour % 6 == 0)
        }
        files = FilesView(.hours, of: "blocked requests by hour", report.filter)
    }
}
