/// The requests of the last 60 minutes: a ring of one slot per minute.
struct LastHour {
    /// The minute for which a slot was last used, and its counts.
    private var slots = [(minute: Int64, counts: EndpointCounts)](repeating: (-1, EndpointCounts()), count: 60)

    /// Adds requests to a minute of the steady clock.
    mutating func add(_ requests: Int64, _ endpoint: String, _ outcome: Outcome, minute: Int64) {
        let index = Int(minute % 60)
        if slots[index].minute != minute { slots[index] = (minute, EndpointCounts()) }
        slots[index].counts.add(requests, endpoint, outcome)
    }

    /// The counts of the 60 minutes that end with this one.
    func counts(until minute: Int64) -> EndpointCounts {
        slots.reduce(into: EndpointCounts()) { if $1.minute > minute - 60 { $0.add($1.counts) } }
    }
}
