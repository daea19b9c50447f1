/// What requests are counted by: an endpoint, the governing policy, and its algorithm.
public struct Series: Sendable, Hashable {
    /// The rule's label: its name or path.
    public let endpoint: String
    /// The policy's name.
    public let policy: String
    /// `sliding_window`, `token_bucket` or `at_once`; `list` for banned clients.
    public let algorithm: String

    /// The series of all banned clients.
    public static let banned = Series(endpoint: "*", policy: "banned", algorithm: "list")

    /// A series.
    public init(endpoint: String, policy: String, algorithm: String) {
        self.endpoint = endpoint
        self.policy = policy
        self.algorithm = algorithm
    }
}
