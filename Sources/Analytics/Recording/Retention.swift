/// How many days each kind of row is kept; partitions that are older are dropped.
public struct Retention: Sendable, Hashable {
    /// The rows of 10 seconds, of endpoints and of clients.
    public var fine = 7
    /// Blocked requests in detail.
    public var events = 14
    /// The rows of hours and days.
    ///
    /// Two times 90 days: the dashboard compares its longest range with the one before.
    public var rollups = 190

    /// The defaults.
    public init() {}

    /// What is written in `text`, such as `fine=3,events=7,rollups=400`; what it leaves out stays the default.
    ///
    /// `nil` where it is not understood.
    public init?(_ text: String) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: "=", omittingEmptySubsequences: false)
            guard words.count == 2, let days = Int(words[1]), (1...3_650).contains(days) else { return nil }
            switch words[0] {
            case "fine": fine = days
            case "events": events = days
            case "rollups": rollups = days
            default: return nil
            }
        }
    }
}
