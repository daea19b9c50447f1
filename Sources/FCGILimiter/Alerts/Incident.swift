import Limiters

/// Decides when a condition begins and ends an incident: after its samples have agreed for some time.
struct Incident {
    enum Change: Equatable {
        case begin
        case end
    }

    /// How long the condition must hold before an incident begins, and be absent before the incident ends.
    static let delay: (begin: Microseconds, end: Microseconds) = (3_000_000, 10_000_000)

    private(set) var isOpen = false
    /// Since when the samples have differed from `isOpen`; `nil` while they agree.
    private var changing: Microseconds?

    /// Takes a sample at the time `now` of the steady clock.
    ///
    /// - Returns: the change that the sample causes; usually none.
    mutating func update(_ holds: Bool, now: Microseconds) -> Change? {
        guard holds != isOpen else {
            changing = nil
            return nil
        }
        let since = changing ?? now
        changing = since
        guard now - since >= (isOpen ? Self.delay.end : Self.delay.begin) else { return nil }
        isOpen = holds
        changing = nil
        return holds ? .begin : .end
    }
}
