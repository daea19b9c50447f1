import TextFormats

/// What happened to the limiters and what operators did, as marks in a chart and as a list below it.
struct MarksView {
    /// A line of the list.
    struct Mark {
        let time: TimeView
        let title: String
        let source: String
        let text: String
    }

    /// The SVG path of a line per mark, within 600 by 200.
    let path: String
    let list: [Mark]

    /// The marks of a timeline; `nil` if nothing happened.
    init?(_ timeline: Timeline) {
        guard !timeline.annotations.isEmpty, !timeline.bars.isEmpty else { return nil }
        let width = 600 / Double(timeline.bars.count)
        path = Set(timeline.annotations.map(timeline.bar(of:))).sorted().map { bar in
            "M\(Int(((Double(bar) + 0.5) * width).rounded())) 0V200"
        }.joined()
        list = timeline.annotations.reversed().map { annotation in
            Mark(
                time: TimeView(UTCTime(microseconds: annotation.time)), title: annotation.title,
                source: annotation.source,
                text: annotation.text)
        }
    }
}

extension Timeline {
    /// The index of the bar in which something happened.
    func bar(of annotation: Annotation) -> Int {
        let first = range.bars.first?.start.seconds ?? 0
        return min(max(0, Int((annotation.time / 1_000_000 - first) / range.step)), bars.count - 1)
    }
}
