/// What requests are counted by: a combination of endpoint, policy and algorithm.
struct Series: Sendable {
    let id: Int64
    /// The rule's label.
    let endpoint: String
    let policy: String
    /// `sliding_window`, `token_bucket`, `at_once`, or `list` for banned clients.
    let algorithm: String

    /// Whether its requests are those of banned clients, which are answered with 403 and not with 429.
    var isBanned: Bool { algorithm == "list" }

    init(_ row: Row) throws(Problem) {
        id = try row.count("id")
        endpoint = try row.name("endpoint")
        policy = try row.name("policy")
        algorithm = try row.name("algorithm")
    }
}
