/// The large figures at the top of a page, each with its change.
struct FiguresView {
    /// One figure.
    struct Entry {
        /// The name in the element's id.
        let name: String
        let title: String
        let value: String
        /// `nil` without requests before.
        let change: Change?
        /// The value in the range of the same length just before.
        let before: String
    }

    /// How a figure changed.
    struct Change {
        let text: String
        /// `unusual` or `even`: a class of the style sheet.
        ///
        /// Fewer blocked requests are no good news: requests may be missing altogether.
        let tone: String

        /// A change in words; `nil` if there is none to show.
        init?(_ text: String?, tone: String) {
            guard let text else { return nil }
            (self.text, self.tone) = (text, tone)
        }
    }

    let entries: [Entry]
    /// Lines about requests that the figures do not show.
    let notes: [String]

    init(_ all: SeriesFigures, over range: TimeRange) {
        let (now, before) = (all.now, all.before)
        let length = Double(range.end.seconds - range.start.seconds)
        let rates = (Double(now.total) / Double(range.passed), Double(before.total) / length)
        func count(_ name: String, _ title: String, _ number: (Counts) -> Int64, isBad: Bool = false) -> Entry {
            let (new, old) = (Double(number(now)), Double(number(before)))
            return Entry(
                name: name, title: title, value: Figure.count(number(now)),
                change: Change(Figure.change(new, from: old), tone: isBad ? Self.tone(new, old) : "even"),
                before: Figure.count(number(before)))
        }
        let hasBoth = before.total > 0 && now.total > 0
        entries = [
            count("total", "Requests", \.total), count("allowed", "Allowed", \.allowed),
            count("blocked", "Blocked", \.blocked, isBad: true),
            Entry(
                name: "rate", title: "Block rate", value: Figure.share(now.blockRate),
                change: Change(
                    hasBoth ? Figure.points(now.blockRate, from: before.blockRate) : nil,
                    tone: Self.tone(now.blockRate, before.blockRate)),
                before: Figure.share(before.blockRate)),
            Entry(
                name: "speed", title: "Requests per second", value: Figure.number(rates.0),
                change: Change(Figure.change(rates.0, from: rates.1), tone: "even"), before: Figure.number(rates.1)),
        ]
        notes = Self.notes(now)
    }

    private static func tone(_ now: Double, _ before: Double) -> String {
        now > before ? "unusual" : "even"
    }

    private static func notes(_ counts: Counts) -> [String] {
        var notes: [String] = []
        if counts.failed > 0 {
            notes.append("\(Figure.count(counts.failed)) requests were not decided because the store failed.")
        }
        if counts.shadowBlocked > 0 {
            notes.append("Shadow policies would have refused \(Figure.count(counts.shadowBlocked)) allowed requests.")
        }
        return notes
    }
}
