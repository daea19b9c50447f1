import TextFormats

extension Source {
    /// A source as a rules file writes it: `address`, `api_key`, `user`, `everyone`, `header X-Tenant`, `cookie sid`,
    /// `query token`, `variable REMOTE_USER`.
    init(_ text: String) throws(ParseError) {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        switch (words.first, words.count) {
        case ("everyone", 1): self = .everyone
        case ("address", 1): self = .address
        case ("api_key", 1): self = .apiKey
        case ("user", 1): self = .user
        case ("header", 2):
            guard Self.isHeaderName(words[1]) else {
                throw ParseError("has an invalid header name, \(words[1]); write for example header X-Tenant")
            }
            self = .header(words[1])
        case ("cookie", 2): self.init(kind: .cookie(Array(words[1].utf8)), label: "cookie:\(words[1])")
        case ("query", 2): self.init(kind: .query(Array(words[1].utf8)), label: "query:\(words[1])")
        case ("variable", 2): self.init(kind: .variable(Array(words[1].utf8)), label: "variable:\(words[1])")
        case ("header", _), ("cookie", _), ("query", _), ("variable", _):
            throw ParseError("needs one name after \(words[0]); write for example \(Self.example(words[0]))")
        default:
            throw Self.unknown(words.joined(separator: " "))
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

    private static func unknown(_ name: String) -> ParseError {
        let known = ["address", "api_key", "user", "everyone"]
        let named = ["header NAME", "cookie NAME", "query NAME", "variable NAME"]
        let isVariable = !name.isEmpty && name.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == 0x5F }
        let remedy = isVariable ? "variable \(name)" : nearest(to: name, among: known) ?? alternatives(known + named)
        return ParseError("is not a source of identities; write \(remedy)")
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

extension IdentitySelector {
    /// A selector as a rules file writes it: `api_key or address`, `user and address`.
    init(_ text: String) throws(ParseError) {
        var alternatives: [[Source]] = []
        for alternative in text.split(separator: " or ", omittingEmptySubsequences: false) {
            if let earlier = alternatives.last, earlier.allSatisfy(\.isAlwaysPresent) {
                let name = earlier[0].text
                throw ParseError("has an alternative after \(name), which every request has; write \(name) last")
            }
            var sources: [Source] = []
            for word in alternative.split(separator: " and ", omittingEmptySubsequences: false) {
                let source = try Source(String(word))
                guard !sources.contains(source) else {
                    throw ParseError("names \(source.text) twice; write it once")
                }
                sources.append(source)
            }
            guard sources.count == 1 || !sources.contains(.everyone) else {
                throw ParseError("combines everyone with another source; write everyone alone to count all requests")
            }
            alternatives.append(sources)
        }
        self.init(alternatives: alternatives)
    }
}

extension Source {
    fileprivate var isAlwaysPresent: Bool { self == .everyone || self == .address }

    fileprivate var text: String { self == .everyone ? "everyone" : label }
}
