/// How a list of the heaviest senders is made: what its rows are, and which come first.
struct Ranking: Equatable, Sendable {
    /// What a row of the list is.
    enum Key: String, CaseIterable, Sendable {
        case client
        case address
        case network
        case path
        case userAgent = "user_agent"
        case policy
        case rule

        /// What a row is, as a heading.
        var title: String {
            switch self {
            case .client: "Client"
            case .address: "Address"
            case .network: "Network"
            case .path: "Path"
            case .userAgent: "User agent"
            case .policy: "Policy"
            case .rule: "Rule"
            }
        }

        /// Several of them.
        var plural: String {
            switch self {
            case .client: "Clients"
            case .address: "Addresses"
            case .network: "Networks"
            case .path: "Paths"
            case .userAgent: "User agents"
            case .policy: "Policies"
            case .rule: "Rules"
            }
        }
    }

    /// Which rows come first: those with the most requests, or those with the most blocked ones.
    enum Order: String, CaseIterable, Sendable {
        case requests
        case blocked
    }

    var key = Key.client
    var order = Order.requests

    /// The ranking that a query's fields name.
    ///
    /// - Throws: ``Problem`` that names the wrong field and says what to write.
    init(_ fields: [String: String]) throws(Problem) {
        key = try Self.word(fields, "by") ?? .client
        order = try Self.word(fields, "order") ?? .requests
    }

    /// Clients by their requests.
    init() {}

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ fields: [String: String], _ name: String
    ) throws(Problem) -> Word? where Word.RawValue == String {
        guard let text = fields[name] else { return nil }
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.malformed, "\(name)=\(text) is not a known word.", "Write one of \(known).")
        }
        return word
    }

    /// The fields of an address's query that name the ranking.
    var fields: [Filter.Field] {
        [("by", key == .client ? nil : key.rawValue), ("order", order == .requests ? nil : order.rawValue)]
    }
}
