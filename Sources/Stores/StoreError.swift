/// Why a store did not decide.
public struct StoreError: Error, Hashable, CustomStringConvertible {
    /// The kinds of failure that a caller may want to tell apart.
    ///
    /// The raw value is the name in metrics.
    public enum Kind: String, Sendable, CaseIterable {
        /// There is no connection, or it broke.
        case unreachable
        /// The server did not answer, and the connection is given up.
        case timedOut = "timed_out"
        /// The answer did not come within the deadline. It is read when it comes: the connection is kept.
        case late
        /// The answer did not come within the deadline, but this process was not scheduled in time to see it.
        case starved
        /// The store answered with an error.
        case refused
        /// There is no room for another key.
        case full
        /// The stored data cannot be read.
        case damaged
        /// The location or the credentials are wrong, so trying again does not help.
        case misconfigured
    }

    /// The kind of failure.
    public let kind: Kind
    /// One line: what, where, and what to do about it.
    public let description: String

    /// An error of this kind.
    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
