/// How many days rows are kept, by their kind; older partitions are dropped.
public struct Retention: Sendable, Hashable {
    /// Rows of 10 seconds, by endpoint and by client.
    public var fine = 7
    /// Blocked requests in detail.
    public var events = 14
    /// Rows of hours and days.
    ///
    /// Twice 90 days: the dashboard compares its longest range with the one before it.
    public var rollups = 190

    /// The defaults.
    public init() {}

    /// The days written in `text`, such as `fine=3,events=7,rollups=400`; the rest are the defaults.
    ///
    /// - Returns: `nil` if the text has another form.
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
