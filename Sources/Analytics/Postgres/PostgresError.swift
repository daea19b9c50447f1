/// Why PostgreSQL did not carry out a statement.
public struct PostgresError: Error, Hashable, CustomStringConvertible {
    /// The kinds of failure that a caller may want to tell apart.
    public enum Kind: String, Sendable, CaseIterable {
        /// There is no connection, or it was lost.
        case unreachable
        /// The answer did not come in time, or the server cancelled the statement.
        case timedOut = "timed_out"
        /// The server answered with an error.
        case refused
        /// The location or the credentials are wrong; retrying does not help.
        case misconfigured
        /// The database's schema is newer than this program.
        case schema
    }

    /// The kind of failure.
    public let kind: Kind
    /// The server's five-character code, such as `42501`; `nil` if no server answered.
    public let sqlState: String?
    /// One line: what, where and the remedy; never a password.
    public let description: String

    init(_ kind: Kind, _ description: String, sqlState: String? = nil) {
        self.kind = kind
        self.sqlState = sqlState
        self.description = Self.oneLine(description)
    }

    /// The same error with a remedy at the end of its line.
    func adding(_ remedy: String) -> PostgresError {
        PostgresError(kind, "\(description); \(remedy)", sqlState: sqlState)
    }

    /// The text on one line; libpq writes one for each host that it tried.
    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
    }
}
