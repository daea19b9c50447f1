/// Where a fact about a client is found.
struct Source: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        case everyone
        case address
        case apiKey
        /// A CGI variable: also a header or a logged-in user.
        case variable([UInt8])
        case cookie([UInt8])
        case query([UInt8])
    }

    let place: Place
    /// What an identity calls it: `address`, `api_key`, `user`, `header:x-tenant`, `cookie:sid`.
    let label: String

    static let address = Source(place: .address, label: "address")
    static let apiKey = Source(place: .apiKey, label: "api_key")

    /// Why a text is no source.
    struct Mistake: Error {
        let text: String
    }

    init(place: Place, label: String) {
        self.place = place
        self.label = label
    }

    /// A source as a rules file writes it: `address`, `api_key`, `user`, `everyone`, `header X-Tenant`, `cookie sid`,
    /// `query token`, `variable REMOTE_USER`.
    init(_ text: String) throws(Mistake) {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        switch (words.first, words.count) {
        case ("everyone", 1): self.init(place: .everyone, label: "all")
        case ("address", 1): self = .address
        case ("api_key", 1): self = .apiKey
        case ("user", 1): self.init(place: .variable(Variable.remoteUser), label: "user")
        case ("header", 2):
            guard Self.isHeaderName(words[1]) else {
                throw Mistake(text: "\(words[1]) is no header name; write for example X-Tenant")
            }
            self.init(place: .variable(Variable.header(words[1])), label: "header:\(words[1].lowercased())")
        case ("cookie", 2): self.init(place: .cookie(Array(words[1].utf8)), label: "cookie:\(words[1])")
        case ("query", 2): self.init(place: .query(Array(words[1].utf8)), label: "query:\(words[1])")
        case ("variable", 2): self.init(place: .variable(Array(words[1].utf8)), label: "variable:\(words[1])")
        case ("header", _), ("cookie", _), ("query", _), ("variable", _):
            throw Mistake(text: "needs one name behind \(words[0]), as in \(Self.example(words[0]))")
        default:
            throw Self.unknown(words.joined(separator: " "))
        }
    }

    /// The variables that it looks at.
    var variables: [[UInt8]] {
        switch place {
        case .everyone, .address, .apiKey: []
        case .variable(let name): [name]
        case .cookie: [Variable.cookie]
        case .query: [Variable.requestURI]
        }
    }

    /// Whether a client can send whatever it likes.
    var isChosenByClients: Bool {
        switch place {
        case .everyone, .address, .apiKey: false
        case .cookie, .query: true
        case .variable(let name): name.starts(with: "HTTP_".utf8)
        }
    }

    /// Whether a text is an HTTP field name (RFC 9110, 5.6.2).
    static func isHeaderName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(lowercased(byte)) || (0x30...0x39).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    private static func unknown(_ text: String) -> Mistake {
        let known = ["address", "api_key", "user", "everyone"]
        let named = ["header NAME", "cookie NAME", "query NAME", "variable NAME"]
        let isVariable = !text.isEmpty && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == 0x5F }
        let remedy = isVariable ? "variable \(text)" : nearest(to: text, among: known) ?? alternatives(known + named)
        return Mistake(text: "\(text.isEmpty ? "nothing" : text) is no fact of a request; write \(remedy)")
    }

    private static func example(_ kind: String) -> String {
        switch kind {
        case "header": "header X-Tenant"
        case "cookie": "cookie sid"
        case "query": "query token"
        default: "variable REMOTE_USER"
        }
    }
}
