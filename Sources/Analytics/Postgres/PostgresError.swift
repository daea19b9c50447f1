/// Why PostgreSQL did not do what it was asked.
public struct PostgresError: Error, Hashable, CustomStringConvertible {
    /// The kinds of failure that a caller may want to tell apart.
    public enum Kind: String, Sendable, CaseIterable {
        /// There is no connection, or it broke.
        case unreachable
        /// The answer did not come in time.
        case timedOut = "timed_out"
        /// The server answered with an error.
        case refused
        /// The location or the credentials are wrong; trying again does not help.
        case misconfigured
        /// The database's schema is not the one that this program knows.
        case schema
    }

    /// What kind of failure.
    public let kind: Kind
    /// The server's five-character code, such as `42501`; `nil` where no server answered.
    public let sqlState: String?
    /// One line: what, where, and what to do about it; never a password.
    public let description: String

    init(_ kind: Kind, _ description: String, sqlState: String? = nil) {
        self.kind = kind
        self.sqlState = sqlState
        self.description = Self.oneLine(description)
    }

    /// The same words on one line; libpq writes one for each host that it tried.
    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
    }
}
