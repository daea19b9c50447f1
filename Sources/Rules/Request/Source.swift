/// Where a fact about a client is found in a request.
struct Source: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case everyone
        case address
        case apiKey
        /// A CGI variable, which may be a header or the logged-in user.
        case variable([UInt8])
        case cookie([UInt8])
        case query([UInt8])
    }

    let kind: Kind
    /// The source's name in identities: `address`, `api_key`, `user`, `header:x-tenant`, `cookie:sid`.
    let label: String

    static let everyone = Source(kind: .everyone, label: "all")
    static let address = Source(kind: .address, label: "address")
    static let apiKey = Source(kind: .apiKey, label: "api_key")
    static let user = Source(kind: .variable(Variable.remoteUser), label: "user")

    static func header(_ name: String) -> Source {
        Source(kind: .variable(Variable.header(name)), label: "header:\(name.lowercased())")
    }

    /// The variables that contain the fact; those of an address or an API key depend on the settings.
    var variables: [[UInt8]] {
        switch kind {
        case .everyone, .address, .apiKey: []
        case .variable(let name): [name]
        case .cookie: [Variable.cookie]
        case .query: [Variable.requestURI]
        }
    }

    /// Whether a client can send any value it likes.
    var isChosenByClients: Bool {
        switch kind {
        case .everyone, .address, .apiKey: false
        case .cookie, .query: true
        case .variable(let name): name.starts(with: "HTTP_".utf8)
        }
    }
}
