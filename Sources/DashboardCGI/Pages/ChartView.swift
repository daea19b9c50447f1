/// A chart of requests over time, as its template shows it: still, and as data for a script that makes it answer the mouse.
struct ChartView {
    let view: Templates.View

    /// The chart of a range's columns.
    init(_ columns: [Counts], over range: TimeRange) {
        let labels = range.columns.map(range.label)
        let peak = columns.map(\.total).max() ?? 0
        let total = columns.reduce(into: Counts()) { $0 += $1 }
        func path(_ height: (Counts) -> Int64, above below: (Counts) -> Int64) -> String {
            Spark.bars(columns.map { (height($0), below($0)) }, peak: peak, width: 600, height: 200)
        }
        let data = """
            {"labels":\(JSON.list(labels)),"allowed":\(JSON.list(columns.map(\.allowed))),\
            "blocked":\(JSON.list(columns.map(\.blocked))),"failed":\(JSON.list(columns.map(\.failed)))}
            """
        view = [
            "data": data, "isEmpty": total.total == 0, "peak": Figure.count(peak), "step": Self.words(range.step),
            "allowedPath": path(\.allowed, above: { _ in 0 }), "blockedPath": path(\.blocked, above: \.allowed),
            "failedPath": path(\.failed, above: { $0.allowed + $0.blocked }),
            "allowed": Figure.count(total.allowed), "blocked": Figure.count(total.blocked),
            "failed": Figure.count(total.failed), "hasFailed": total.failed > 0,
            "first": labels.first ?? "", "middle": labels.isEmpty ? "" : labels[labels.count / 2],
            "last": labels.last ?? "",
        ]
    }

    private static func words(_ seconds: Int64) -> String {
        switch seconds {
        case ..<60: "\(seconds) seconds"
        case 60: "minute"
        case ..<3_600: "\(seconds / 60) minutes"
        case 3_600: "hour"
        case ..<86_400: "\(seconds / 3_600) hours"
        default: "day"
        }
    }
}
