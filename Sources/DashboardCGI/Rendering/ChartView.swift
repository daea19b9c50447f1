import Analytics
import Limiters
import TextFormats

/// A chart of requests over time: a still drawing, and the data for a script that makes it interactive.
struct ChartView {
    /// The length of a bar, after "per": `minute`.
    let step: String
    /// The totals of the legend; `failed` is `nil` if there are none.
    let allowed: String
    let blocked: String
    let failed: String?
    let isEmpty: Bool
    /// The largest total of a bar.
    let peak: String
    /// The SVG paths of the bars.
    let allowedPath: String
    let blockedPath: String
    let failedPath: String
    /// The bars that have not ended, or that began before the range, to be hatched.
    let partialPath: String
    /// The line of the time before; empty if that is not known.
    let beforePath: String
    let hasBefore: Bool
    /// The limit of the chosen policy; `nil` if none is chosen, or if it is not a limit of all that the bars count.
    let limit: LimitLine.View?
    /// How much of the width, of 600, lies before counting began.
    let uncounted: Int
    /// What happened to the limiters and what operators did; `nil` if nothing.
    let marks: MarksView?
    /// The labels below the drawing.
    let first: String
    let middle: String
    let last: String
    /// The data for the script, in JSON.
    let data: String
    let files: FilesView

    init(_ timeline: Timeline, limit quota: Quota?, _ filter: Filter) {
        let (bars, range) = (timeline.bars, timeline.range)
        let labels = range.bars.map { range.label($0.start) }
        let isPartial = range.bars.map { range.passed(of: $0) < range.step }
        let step = Self.words(range.step)
        let highest = (bars + (timeline.before ?? [])).map(\.total).max() ?? 0
        let line = quota.map { LimitLine($0, range, step: step, highest: highest) }
        let largest = line?.peak ?? highest
        let total = bars.reduce(into: Counts()) { $0 += $1 }
        func path(_ height: (Counts) -> Int64, above below: (Counts) -> Int64) -> String {
            BarPath.bars(bars.map { (height($0), below($0)) }, peak: largest, width: 600, height: 200)
        }
        (self.step, limit) = (step, line?.view)
        (allowed, blocked) = (Figure.count(total.allowed), Figure.count(total.blocked))
        failed = total.failed > 0 ? Figure.count(total.failed) : nil
        hasBefore = timeline.before != nil
        isEmpty = total.total == 0
        peak = Figure.count(bars.map(\.total).max() ?? 0)
        allowedPath = path(\.allowed, above: { _ in 0 })
        blockedPath = path(\.blocked, above: \.allowed)
        failedPath = path(\.failed, above: { $0.allowed.saturatingAdding($0.blocked) })
        partialPath = BarPath.bars(
            zip(bars, isPartial).map { ($1 ? $0.total : 0, 0) }, peak: largest, width: 600, height: 200)
        beforePath = BarPath.line(timeline.before?.map(\.total) ?? [], peak: largest, width: 600, height: 200)
        uncounted = timeline.known.prefix { $0 == nil }.count * 600 / max(1, bars.count)
        marks = MarksView(timeline)
        first = labels.first ?? ""
        middle = labels.isEmpty ? "" : labels[labels.count / 2]
        last = labels.last ?? ""
        var json = JSONWriter()
        json.appendObject { json in
            json.appendArray("labels", of: labels) { $0.append($1) }
            json.appendArray("allowed", of: timeline.known) { $0.append($1?.allowed) }
            json.appendArray("blocked", of: timeline.known) { $0.append($1?.blocked) }
            json.appendArray("failed", of: timeline.known) { $0.append($1?.failed) }
            json.appendArray("before", of: timeline.before ?? []) { $0.append($1.total) }
            json.appendArray("limit", of: line?.height == nil ? [] : bars) { json, _ in json.append(line?.height ?? 0) }
            json.appendArray("partial", of: isPartial) { $0.append($1) }
            json.appendArray("at", of: range.bars) { $0.append($1.start.seconds) }
            json.append("step", range.step)
            json.appendArray("marks", of: timeline.annotations) { json, annotation in
                json.appendObject { json in
                    json.append("bar", timeline.bar(of: annotation))
                    json.append("text", "\(annotation.title), \(annotation.source)")
                }
            }
        }
        data = String(decoding: json.bytes, as: UTF8.self)
        files = FilesView(.timeline, of: "requests over time", filter)
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
