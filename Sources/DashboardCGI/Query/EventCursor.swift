/// The position of an event in the list of all events: its time, and its number among the events of that time.
struct EventCursor: Equatable, Sendable {
    /// Microseconds since 1970.
    let time: Int64
    let number: Int64

    init(time: Int64, number: Int64) {
        (self.time, self.number) = (time, number)
    }

    /// Parses the form used in addresses; `nil` for any other text.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Int64(parts[0]), let number = Int64(parts[1]),
            (0...253_402_300_799_999_999).contains(time)
        else { return nil }
        self.init(time: time, number: number)
    }

    /// The form used in addresses: `1795499000123456-42`.
    var text: String { "\(time)-\(number)" }
}
