/// The figures at the top of a page, each with its change.
struct FiguresView {
    /// One figure.
    struct Entry {
        /// The name in the element's id.
        let name: String
        let title: String
        /// What the figure counts, in a sentence.
        let hint: String
        /// A class of the style sheet: `fault` for requests that a fault has hit, or else `plain`.
        let tone: String
        let value: String
        /// `nil` without requests before.
        let change: Change?
        /// The value in the same time just before; `nil` if it is not known.
        let before: String?
    }

    /// How a figure changed.
    struct Change {
        let text: String
        /// `unusual` or `even`: a class of the style sheet.
        ///
        /// Fewer blocked requests are not marked as good: requests may be missing altogether.
        let tone: String
    }

    let entries: [Entry]
    /// Lines about requests that the figures do not show.
    let notes: [String]

    init(_ totals: Totals) {
        let (now, compared) = (totals.now, totals.comparison)
        func count(
            _ name: String, _ title: String, _ number: (Counts) -> Int64, isBad: Bool = false, _ hint: String
        ) -> Entry {
            let change = compared.flatMap { compared -> Change? in
                let (new, old) = (Double(number(compared.now)), Double(number(compared.before)))
                return Figure.change(new, from: old).map {
                    Change(text: $0, tone: isBad && new > old ? "unusual" : "even")
                }
            }
            return Entry(
                name: name, title: title, hint: hint, tone: name == "failed" && now.failed > 0 ? "fault" : "plain",
                value: totals.isKnown ? Figure.count(number(now)) : "–", change: change,
                before: compared.map { Figure.count(number($0.before)) })
        }
        let share = compared.flatMap { compared -> Change? in
            let (new, old) = (compared.now, compared.before)
            guard new.total > 0, old.total > 0 else { return nil }
            return Change(
                text: Figure.points(new.blockRate, from: old.blockRate),
                tone: new.blockRate > old.blockRate ? "unusual" : "even")
        }
        func perSecond(_ counts: Counts, _ seconds: Int64) -> Double { Double(counts.total) / Double(seconds) }
        entries = [
            count("total", "Total", \.total, "All requests that limiters were asked about"),
            count("allowed", "Allowed", \.allowed, "Requests that were let through"),
            count("blocked", "Blocked", \.blocked, isBad: true, "Requests that a policy or a ban refused"),
            count("banned", "Banned", \.banned, isBad: true, "Blocked requests whose clients are banned"),
            count("failed", "Store failed", \.failed, isBad: true, "Requests that the store did not decide"),
            Entry(
                name: "rate", title: "Block rate", hint: "The blocked share of all requests", tone: "plain",
                value: now.total > 0 ? Figure.share(now.blockRate) : "–", change: share,
                before: compared.flatMap { $0.before.total > 0 ? Figure.share($0.before.blockRate) : nil }),
            Entry(
                name: "speed", title: "Per second",
                hint: "Requests per second, on average over \(Figure.seconds(Double(totals.seconds)))",
                tone: "plain", value: totals.isKnown ? Figure.number(totals.rate) : "–",
                change: compared.flatMap {
                    Figure.change(perSecond($0.now, $0.seconds), from: perSecond($0.before, $0.seconds))
                }.map { Change(text: $0, tone: "even") },
                before: compared.map { Figure.number(perSecond($0.before, $0.seconds)) }),
        ]
        notes = Self.notes(totals)
    }

    private static func notes(_ totals: Totals) -> [String] {
        let counts = totals.now
        var notes: [String] = []
        if counts.failed > 0 {
            notes.append("\(Figure.count(counts.failed)) requests were not decided because the store failed.")
        }
        if counts.shadowBlocked > 0 {
            notes.append("Shadow policies would have refused \(Figure.count(counts.shadowBlocked)) allowed requests.")
        }
        if let beginning = totals.beginning {
            notes.append("Counts begin at \(TimeView(beginning.utc).text) UTC; rates are over the time since then.")
        } else if totals.comparison == nil, counts.total > 0 {
            notes.append("The time before is not compared, because its counts are not kept.")
        }
        return notes
    }
}
