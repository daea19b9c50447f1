/// What is wrong with the limiters now, which every page says.
struct AlarmView {
    /// One line for each fault.
    let lines: [String]
    /// When the last limiter stopped writing; `nil` while one writes.
    let silentSince: String?

    private static let mostLines = 3

    /// The faults of these limiters.
    init(_ processes: [Fleet.Process]) {
        let silent = processes.filter { $0.life == .silent }
        var lines = silent.map {
            "Limiter \($0.host), process \($0.pid), stopped answering. Last sign of life: "
                + "\(TimeView($0.seen.utc).text) UTC."
        }
        let up = processes.filter { $0.life == .up }
        if up.isEmpty, silent.isEmpty, !processes.isEmpty { lines.append("No limiter runs.") }
        lines += up.filter { $0.storeState != "up" }.map { "The store of limiter \($0.host) fails: \($0.storeState)" }
        let more = lines.count - Self.mostLines
        if more > 0 { lines = lines.prefix(Self.mostLines) + ["\(more) more faults are on the health page."] }
        self.lines = lines
        silentSince = up.isEmpty ? processes.map(\.seen).max().map { TimeView($0.utc).text } : nil
    }

    /// The alarm of a page that shows nothing but a problem.
    init(_ problem: Problem) {
        lines = problem.kind == .unavailable ? [problem.title] : []
        silentSince = nil
    }
}
