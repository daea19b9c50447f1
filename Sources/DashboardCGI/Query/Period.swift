/// The time from one moment up to, and without, another.
struct Period: Equatable, Sendable {
    let start: Moment
    let end: Moment

    /// The length in seconds.
    var length: Int64 { end.seconds - start.seconds }

    /// The part that consists of whole multiples of `step` seconds; empty, at the end, if there is none.
    func whole(_ step: Int64) -> Period {
        let first = min(start.raised(to: step), end)
        return Period(start: first, end: max(first, end.floored(to: step)))
    }
}
