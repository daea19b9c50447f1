/// What clients saw of a scenario.
public struct PlayedScenario: Sendable {
    /// Requests in all.
    public let requests: Int
    /// Requests that were answered by something other than 200 or 429, by their status; −1 stands for no answer.
    public let wrong: [Int: Int]
    /// Requests that passed without being counted.
    public let uncounted: Int
    /// Requests that the machine's own store decided.
    public let local: Int
    /// What 99 of 100 requests waited at most before it went wrong, in milliseconds.
    public let before: Double
    /// What 99 of 100 requests waited at most from then until it was put right.
    public let during: Double
    /// What 99 of 100 requests waited at most since.
    public let after: Double
    /// The longest wait of all from the moment when it went wrong.
    public let longest: Double
    /// Seconds from the end of the fault until the last request was sent that the store did not decide; `nil` where it never
    /// decided again.
    public let recovery: Double?
    /// Units beyond the limit that were admitted by the store, counted anew from where it may have lost what it knew.
    public let overAdmitted: Int
    /// Units beyond the limit that were admitted by the store because it had lost what it knew.
    public let forgotten: Int
    /// Units that the machine's own store admitted beyond one more limit.
    public let overAdmittedLocally: Int

    /// When what happened.
    struct Marks {
        /// The load runs evenly.
        let begin: Microseconds
        /// It goes wrong.
        let strike: Microseconds
        /// It has been put right.
        let mended: Microseconds
        /// The fault itself is over: when it was put right, or before where it passes by itself.
        let over: Microseconds
        /// From when on the store may know nothing of before; `nil` where it knows all.
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

        // What was on its way at the moment of the loss may belong to either side.
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

    /// What a store gave away beyond the limits of all callers.
    private static func beyondLimit(_ samples: [Sample], of decider: Sample.Decider) -> Int {
        let admitted = samples.lazy.filter { $0.status == 200 && $0.decider == decider }
        let units: [Caller: Int] = admitted.reduce(into: [:]) { $0[$1.caller, default: 0] += 1 }
        return units.values.reduce(0) { $0 + max(0, $1 - Caller.limit) }
    }
}
