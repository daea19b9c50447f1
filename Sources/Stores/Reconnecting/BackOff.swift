import Limiters

/// The growing pauses between attempts that fail.
///
/// Reads no clock.
///
/// The first attempt after a failure is made at once, because only one connection may have broken. After that the pauses
/// double from the shortest to the longest.
struct BackOff: Sendable {
    private let pauses: ClosedRange<Microseconds>
    /// How long after the last failure the pauses start over.
    ///
    /// A shorter time would let a server that passes checks and then fails batches cost a deadline too often.
    private let recovery: Microseconds
    private var pause: Microseconds = 0
    private var lastFailure: Microseconds?

    /// No failures yet.
    init(pauses: ClosedRange<Microseconds> = 50_000...500_000, recovery: Microseconds = 2_500_000) {
        self.pauses = pauses
        self.recovery = recovery
    }

    /// The pause after a failure at the time `now`, by any clock that only goes forward.
    mutating func pause(afterFailureAt now: Microseconds) -> Microseconds {
        defer { lastFailure = now }
        guard let lastFailure, now - lastFailure < recovery else {
            pause = 0
            return 0
        }
        pause = min(max(2 * pause, pauses.lowerBound), pauses.upperBound)
        return pause
    }
}
