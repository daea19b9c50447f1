import Limiters

/// Something that happened to a limiter, for the charts: one line.
public struct Annotation: Sendable {
    /// Microseconds since the Unix epoch.
    let time: Microseconds
    let kind: Kind
    let text: String

    /// What happened.
    ///
    /// The raw value is its name in the database.
    public enum Kind: String, Sendable {
        /// The limiter has started.
        case start
        /// The limiter stops.
        case stop
        /// Changed rules are in force.
        case reload
        /// The store does not decide.
        case storeDown = "store_down"
        /// The store decides again.
        case storeUp = "store_up"
        /// Web servers did not report how requests ended.
        case reportsLost = "reports_lost"
    }
}
