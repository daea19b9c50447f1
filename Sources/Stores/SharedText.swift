public import Limiters

/// A text that all users of a store share, as one of them has read it.
public struct SharedText: Sendable {
    /// Which text.
    public enum Name: String, Sendable {
        /// The overrides in force.
        case overrides
        /// The key of the dashboards' tokens.
        case tokens
    }

    /// A number that grows with each change; 0 if there is no text.
    public let version: Int64
    /// The text; `nil` if its version is the one that the reader knew.
    public let bytes: [UInt8]?
    /// The store's clock.
    public let now: Microseconds

    init(version: Int64, bytes: [UInt8]?, now: Microseconds) {
        self.version = version
        self.bytes = bytes
        self.now = now
    }
}
