/// The large figures at a page's top, each with its change.
struct FiguresView {
    let view: [Templates.View]

    /// The figures of all requests.
    init(_ all: SeriesFigures, over range: TimeRange) {
        let (now, before) = (all.now, all.before)
        let length = Double(range.end.seconds - range.start.seconds)
        let rates = (Double(now.total) / Double(range.passed), Double(before.total) / length)
        func count(_ name: String, _ title: String, _ number: (Counts) -> Int64, isBad: Bool = false) -> Templates.View
        {
            let (new, old) = (Double(number(now)), Double(number(before)))
            return Self.figure(
                name, title, Figure.count(number(now)), Figure.change(new, from: old),
                before: Figure.count(number(before)), tone: isBad ? Self.tone(new, old) : "even")
        }
        view = [
            count("total", "Requests", \.total), count("allowed", "Allowed", \.allowed),
            count("blocked", "Blocked", \.blocked, isBad: true),
            Self.figure(
                "rate", "Block rate", Figure.share(now.blockRate),
                before.total > 0 && now.total > 0 ? Figure.points(now.blockRate, from: before.blockRate) : nil,
                before: Figure.share(before.blockRate), tone: Self.tone(now.blockRate, before.blockRate)),
            Self.figure(
                "speed", "Requests a second", Figure.number(rates.0), Figure.change(rates.0, from: rates.1),
                before: Figure.number(rates.1), tone: "even"),
        ]
    }

    private static func figure(
        _ name: String, _ title: String, _ value: String, _ change: String?, before: String, tone: String
    ) -> Templates.View {
        var view: Templates.View = ["name": name, "title": title, "value": value, "before": before, "tone": tone]
        view["change"] = change
        return view
    }

    private static func tone(_ now: Double, _ before: Double) -> String {
        now > before ? "worse" : now < before ? "better" : "even"
    }

    /// What is worth a line besides: requests without a verdict, and those that shadow policies would have refused.
    static func notes(_ counts: Counts) -> [String] {
        var notes: [String] = []
        if counts.failed > 0 {
            notes.append("\(Figure.count(counts.failed)) requests got no verdict, because the store did not answer.")
        }
        if counts.shadowBlocked > 0 {
            notes.append(
                "\(Figure.count(counts.shadowBlocked)) of the allowed requests would have been refused by shadow policies."
            )
        }
        return notes
    }
}
