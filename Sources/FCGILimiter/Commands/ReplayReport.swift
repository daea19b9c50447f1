import Limiters
import Rules
import TextFormats

/// The results of a replay as text for a terminal.
struct ReplayReport {
    let text: String

    /// The report on a replay.
    ///
    /// - Parameters:
    ///   - replay: after its last line.
    ///   - unreadable: the number of lines in another format.
    ///   - clients: how many of the most refused clients to list.
    init(_ replay: Replay, unreadable: Int, clients: Int) {
        var text = ""
        guard let times = replay.times else {
            self.text = "no request\n"
            return
        }
        let total = replay.total
        let lines = total.requests + unreadable
        text += "\(total.requests) requests from \(Self.moment(times.lowerBound)) to \(Self.moment(times.upperBound))"
        text +=
            unreadable > 0
            ? ", \(unreadable) of \(lines) lines in another format (\(Self.share(unreadable, lines)))\n" : "\n"
        text += "\(total.refused) would have been refused (\(Self.share(total.refused, total.requests)))"
        text += ", \(replay.unlimited) matched no rule, \(replay.banned) came from banned clients\n"
        text +=
            "\(total.refusedThen) were refused at the time with status 429 (\(Self.share(total.refusedThen, total.requests)))\n"

        if !replay.untried.isEmpty {
            text +=
                "not tried, because a log does not say what ran at once: \(replay.untried.joined(separator: ", "))\n"
        }

        text += "\n" + Self.row("policy", "requests", "refused", "first", "last")
        for (name, count) in replay.policies.sorted(by: { $0.key < $1.key }) { text += Self.row(name, count) }

        let worst = replay.clients.filter { $0.value.refused > 0 }
            .sorted { ($1.value.refused, $0.key.text) < ($0.value.refused, $1.key.text) }
        if !worst.isEmpty, clients > 0 {
            text += "\n" + Self.row("client", "requests", "refused", "first", "last")
            for (identity, count) in worst.prefix(clients) { text += Self.row(identity.text, count) }
            if worst.count > clients { text += "and \(worst.count - clients) more clients\n" }
        }

        if let busiest = replay.hours.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) {
            text += "\nrefused by hour\n"
            for (hour, count) in replay.hours.sorted(by: { $0.key < $1.key }) {
                let bar = String(repeating: "#", count: max(1, 40 * count / busiest.value))
                text += "\(Self.moment(hour * 3_600_000_000))  \(bar) \(count)\n"
            }
        }
        if let trial = replay.trial {
            text +=
                "\n" + Self.left("limit of \(trial.policy.name)", 40) + Self.right("refused requests", 24)
                + Self.right("refused clients", 24) + "\n"
            for row in trial.rows {
                let mark = row.quota == trial.policy.quota ? " (now)" : ""
                text += Self.left(row.quota.text + mark, 40)
                text += Self.right("\(row.requests)", 16) + Self.right(Self.share(row.requests, trial.requests), 8)
                text += Self.right("\(row.clients)", 16) + Self.right(Self.share(row.clients, trial.clients), 8) + "\n"
            }
        }
        self.text = text
    }

    private static func row(_ name: String, _ count: Replay.Count) -> String {
        row(
            name, String(count.requests), String(count.refused), count.refused > 0 ? moment(count.first) : "",
            count.refused > 0 ? moment(count.last) : "")
    }

    private static func row(_ name: String, _ requests: String, _ refused: String, _ first: String, _ last: String)
        -> String
    {
        let line = left(name, 40) + right(requests, 10) + right(refused, 10) + "  " + left(first, 21) + last
        return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    private static func share(_ part: Int, _ whole: Int) -> String {
        let tenths = whole == 0 ? 0 : part * 1_000 / whole
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// `2026-11-23 21:46:38`, in UTC.
    private static func moment(_ time: Microseconds) -> String {
        let utc = UTCTime(microseconds: time)
        return "\(utc.date) \(utc.timeOfDay)"
    }
}
