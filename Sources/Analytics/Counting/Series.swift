/// By what requests are counted: an endpoint, the policy that decides there, and how it counts.
public struct Series: Sendable, Hashable {
    /// The rule's label: its path, or its name.
    public let endpoint: String
    /// The policy's name.
    public let policy: String
    /// `sliding_window`, `token_bucket`; `list` for banned clients.
    public let algorithm: String

    /// The series of clients that are banned everywhere.
    public static let banned = Series(endpoint: "*", policy: "banned", algorithm: "list")

    /// A series.
    public init(endpoint: String, policy: String, algorithm: String) {
        self.endpoint = endpoint
        self.policy = policy
        self.algorithm = algorithm
    }
}

/// All series of the rules in force, so that a request is counted by a small number; they change as a whole.
public final class SeriesTable: Sendable {
    /// The series by their places.
    public let series: [Series]

    /// A table of these.
    public init(_ series: [Series]) {
        self.series = series
    }
}
