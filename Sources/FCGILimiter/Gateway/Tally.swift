import Glibc
import Stores
import Synchronization

/// What one event loop has decided: by the minute for the last hour, and since the start.
///
/// The loop adds to it once a tick; whoever answers `/metrics` reads the tallies of all loops.
final class Tally: Sendable {
    /// What became of a request.
    enum Result: Int, CaseIterable {
        case allowed, blocked
        /// The store gave no verdict.
        case failed

        init(_ finding: Finding) {
            switch finding {
            case .unlimited, .admitted: self = .allowed
            case .refused, .banned: self = .blocked
            case .undecided: self = .failed
            }
        }
    }

    /// One request.
    struct Outcome {
        /// The label of the rule that counts it.
        let label: String
        let result: Result
    }

    /// Counts by label and result.
    typealias Counts = [String: Count]

    /// How many requests had which result.
    struct Count: Sendable {
        private var counts = InlineArray<3, Int>(repeating: 0)

        subscript(result: Result) -> Int {
            get { counts[result.rawValue] }
            set { counts[result.rawValue] = newValue }
        }

        static func + (one: Count, other: Count) -> Count {
            Result.allCases.reduce(into: one) { $0[$1] += other[$1] }
        }
    }

    private struct State {
        var sinceStart: Counts = [:]
        /// A ring: the minute that a slot was last used for, and what it counted in that.
        var minutes = [(minute: Int, counts: Counts)](repeating: (-1, [:]), count: 60)
        var storeErrors: [StoreError.Kind: Int] = [:]
    }

    private let state = Mutex(State())

    /// Adds the outcomes of a tick.
    func count(_ outcomes: [Outcome]) {
        guard !outcomes.isEmpty else { return }
        let minute = Self.minute()
        state.withLock { state in
            let slot = minute % state.minutes.count
            if state.minutes[slot].minute != minute { state.minutes[slot] = (minute, [:]) }
            for outcome in outcomes {
                state.minutes[slot].counts[outcome.label, default: Count()][outcome.result] += 1
                state.sinceStart[outcome.label, default: Count()][outcome.result] += 1
            }
        }
    }

    /// Adds a batch that the store did not decide.
    func count(_ error: StoreError) {
        state.withLock { $0.storeErrors[error.kind, default: 0] += 1 }
    }

    /// The counts of the last 60 minutes, this one included.
    var lastHour: Counts {
        let minute = Self.minute()
        return state.withLock { state in
            state.minutes.reduce(into: [:]) { if $1.minute > minute - 60 { $0.merge($1.counts, uniquingKeysWith: +) } }
        }
    }

    /// The counts since the start.
    var sinceStart: Counts { state.withLock(\.sinceStart) }

    /// Batches that the store did not decide, since the start.
    var storeErrors: [StoreError.Kind: Int] { state.withLock(\.storeErrors) }

    private static func minute() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return time.tv_sec / 60
    }
}

/// The tallies of all event loops.
struct Tallies: Sendable {
    private let tallies: [Tally]

    init(loops: Int) {
        tallies = (0..<loops).map { _ in Tally() }
    }

    /// The tally of the loop with this index.
    subscript(loop: Int) -> Tally { tallies[loop] }

    /// The counts of the last 60 minutes, over all loops.
    var lastHour: Tally.Counts { tallies.reduce(into: [:]) { $0.merge($1.lastHour, uniquingKeysWith: +) } }

    /// The counts since the start, over all loops.
    var sinceStart: Tally.Counts { tallies.reduce(into: [:]) { $0.merge($1.sinceStart, uniquingKeysWith: +) } }

    /// Batches that the store did not decide, since the start, over all loops.
    var storeErrors: [StoreError.Kind: Int] {
        tallies.reduce(into: [:]) { $0.merge($1.storeErrors, uniquingKeysWith: +) }
    }
}
