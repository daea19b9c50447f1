/// What clients saw during a scenario.
public struct PlayedScenario: Sendable {
    /// The number of requests.
    public let requests: Int
    /// The number of answers other than 200 and 429, by status; −1 means no answer.
    public let wrong: [Int: Int]
    /// Requests that passed uncounted.
    public let uncounted: Int
    /// Requests that the machine's fallback store decided.
    public let local: Int
    /// The 99th percentile of waits before the fault, in milliseconds.
    public let before: Double
    /// The 99th percentile of waits from the fault to the repair, in milliseconds.
    public let during: Double
    /// The 99th percentile of waits after the repair, in milliseconds.
    public let after: Double
    /// The longest wait after the fault began, in milliseconds.
    public let longest: Double
    /// Seconds from the end of the fault to the last request that the store did not decide; `nil` if the store never decided
    /// again.
    public let recovery: Double?
    /// Units that the store admitted beyond the limit.
    ///
    /// After it lost state, counting starts from zero.
    public let overAdmitted: Int
    /// Units that the store admitted beyond the limit because it had lost state.
    public let forgotten: Int
    /// Units that the fallback store admitted beyond one more limit.
    public let overAdmittedLocally: Int

    /// The times of a scenario.
    struct Marks {
        /// When the load runs evenly.
        let begin: Microseconds
        /// When the fault begins.
        let strike: Microseconds
        /// When the fault has been repaired.
        let mended: Microseconds
        /// When the fault itself is over: at the repair, or earlier if it passes by itself.
        let over: Microseconds
        /// When the store may have lost earlier decisions; `nil` if it lost none.
        let loss: Microseconds?
    }

    init(_ samples: [Sample], _ marks: Marks, recovers: Bool) {
        requests = samples.count
        wrong = samples.lazy.filter { !$0.isRight }.reduce(into: [:]) { $0[$1.status ?? -1, default: 0] += 1 }
        uncounted = samples.count { $0.status == 200 && $0.decider == .nobody }
        local = samples.count { $0.decider == .local }

        before = Self.p99(samples.lazy.filter { (marks.begin..<marks.strike).contains($0.due) })
        during = Self.p99(samples.lazy.filter { (marks.strike..<marks.mended).contains($0.due) })
        after = Self.p99(samples.lazy.filter { $0.due >= marks.mended })
        longest = Double(samples.lazy.filter { $0.due >= marks.strike }.map(\.wait).max() ?? 0) / 1_000

        let isUnavailable: (Sample) -> Bool = { $0.decider == .nobody || $0.decider == .local }
        let undecided = samples.lazy.filter { isUnavailable($0) && $0.sent >= marks.over }.map(\.sent).max()
        recovery = recovers ? Double((undecided ?? marks.over) - marks.over) / 1_000_000 : nil

        // Requests on their way at that time may belong to either side.
        let epochs = marks.loss.map { loss in
            [samples.filter { $0.answered < loss }, samples.filter { $0.sent > loss }]
        }
        overAdmitted = (epochs ?? [samples]).reduce(0) { $0 + Self.beyondLimit($1, of: .store) }
        forgotten = Self.beyondLimit(samples, of: .store) - overAdmitted
        overAdmittedLocally = Self.beyondLimit(samples, of: .local)
    }

    private static func p99(_ samples: some Sequence<Sample>) -> Double {
        let waits = samples.map(\.wait).sorted()
        return waits.isEmpty ? 0 : Double(waits[waits.count * 99 / 100]) / 1_000
    }

    /// The units that a store admitted beyond the limits of all callers.
    private static func beyondLimit(_ samples: [Sample], of decider: Sample.Decider) -> Int {
        let admitted = samples.lazy.filter { $0.status == 200 && $0.decider == decider }
        let units: [Caller: Int] = admitted.reduce(into: [:]) { $0[$1.caller, default: 0] += 1 }
        return units.values.reduce(0) { $0 + max(0, $1 - Caller.limit) }
    }
}
