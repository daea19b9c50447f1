import TextFormats

/// A value of a table.
enum Cell {
    /// No value, such as the wait of a request that can never pass.
    case absent
    case text(String)
    /// An identity in its written form, which pages link to the client's page.
    case client(String)
    /// An endpoint or a policy, which pages link to themselves, filtered by it.
    case choice(field: String, String)
    /// A value of an event, which pages link to the events that have it.
    case term(EventTerm.Field, String)
    case count(Int64)
    /// A share from 0 to 1.
    case share(Double)
    /// A number that is not a count: an average, a rate.
    case number(Double)
    /// A duration in microseconds.
    case microseconds(Double)
    /// A duration in seconds.
    case seconds(Double)
    case time(UTCTime)
    case bytes(Int64)
    /// A small chart, for pages only.
    case spark([Int64])
    /// Remaining units of a limit.
    case left(Int64, of: Int64)
    /// A state: good, or one line that says what is wrong.
    case state(isGood: Bool, String)
    /// A link to the confirmation of an action, for pages only.
    case action(ConsoleAction, String)

    /// The value if there is one.
    init<Value>(_ value: Value?, _ cell: (Value) -> Cell) {
        self = value.map(cell) ?? .absent
    }
}
