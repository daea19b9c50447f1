public import Limiters

/// A text that all users of a store share, as one of them has read it.
public struct SharedText: Sendable {
    /// Which text.
    public struct Name: Sendable, Hashable {
        let rawValue: String

        /// The overrides in force.
        public static let overrides = Name(rawValue: "overrides")
        /// The key of the dashboards' tokens.
        public static let tokens = Name(rawValue: "tokens")
        /// The secret that authenticates receipts.
        public static let receipts = Name(rawValue: "receipts")
        /// Which receipts of a run of numbers are settled.
        static func claims(_ run: ClaimList.Run) -> Name {
            Name(rawValue: "claims-\(String(run.issuer, radix: 16))-\(run.number)")
        }
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
