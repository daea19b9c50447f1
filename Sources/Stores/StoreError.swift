/// Why a store gave no verdict.
public struct StoreError: Error, Hashable, CustomStringConvertible {
    /// The kinds of failure that a caller may want to tell apart.
    ///
    /// The raw value is the name in metrics.
    public enum Kind: String, Sendable, CaseIterable {
        /// There is no connection, or it broke.
        case unreachable
        /// The answer did not come in time.
        case timedOut = "timed_out"
        /// The store answered with an error.
        case refused
        /// There is no room for another key.
        case full
        /// What the store keeps cannot be read.
        case damaged
        /// The location or the credentials are wrong; trying again does not help.
        case misconfigured
    }

    /// What kind of failure.
    public let kind: Kind
    /// One line: what, where, and what to do about it.
    public let description: String

    /// An error of this kind.
    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
