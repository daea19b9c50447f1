import TextFormats

/// Reads a rule's `match`.
struct MatchReader {
    private static let example = "{ method: GET, path: /api/** }, or leave it out"
    private static let names = [
        "host", "method", "path", "path_regex", "header", "query", "variable", "address",
    ]

    private(set) var patterns: [PathPattern] = []
    private(set) var methods = MethodSet.all
    private(set) var conditions: [Condition] = []

    init(_ field: Field?, _ normalization: PathNormalization) throws(RulesError) {
        if let members = try field?.members(named: Self.names, Self.example) {
            // Conditions are checked in this order, the cheap ones first.
            if let methods = members["method"] { self.methods = try Self.methods(methods) }
            if let hosts = members["host"] { conditions.append(.host(try Self.hosts(hosts))) }
            if let paths = members["path"] { patterns = try Self.paths(paths, normalization) }
            if let expression = members["path_regex"] {
                conditions.append(try Self.expression(expression, normalization))
            }
            if let headers = members["header"] {
                for (name, text, pattern) in try Self.values(headers, "{ X-Tenant: acme }") {
                    guard Source.isHeaderName(text) else {
                        throw name.error("is not a valid header name; write for example X-Tenant", value: text)
                    }
                    conditions.append(.variable(name: Variable.header(text), pattern))
                }
            }
            if let variables = members["variable"] {
                for (_, text, pattern) in try Self.values(variables, "{ REMOTE_USER: alice }") {
                    conditions.append(.variable(name: Array(text.utf8), pattern))
                }
            }
            if let parameters = members["query"] {
                for (_, text, pattern) in try Self.values(parameters, "{ format: csv }") {
                    conditions.append(.query(name: Array(text.utf8), pattern))
                }
            }
            if let addresses = members["address"] {
                conditions.append(.address(AddressSet(try addresses.networks())))
            }
        }
        if patterns.isEmpty { patterns = [.everything] }
    }

    private static func methods(_ field: Field) throws(RulesError) -> MethodSet {
        var methods: MethodSet = []
        for method in try field.oneOrMore("GET") {
            methods.formUnion(
                try method.parsed("GET") { text throws(ParseError) in
                    let method = MethodSet(Array(text.utf8)[...])
                    guard method.isEmpty else { return method }
                    let names = MethodSet.names.map(\.description)
                    let remedy = nearest(to: text, among: names) ?? alternatives(names.prefix(6))
                    throw ParseError("is not an HTTP method; write \(remedy)")
                })
        }
        return methods.withHead
    }

    private static func hosts(_ field: Field) throws(RulesError) -> [HostPattern] {
        var hosts: [HostPattern] = []
        for host in try field.oneOrMore("example.com") {
            hosts.append(try host.parsed("example.com") { text throws(ParseError) in try HostPattern(text) })
        }
        return hosts
    }

    private static func paths(
        _ field: Field, _ normalization: PathNormalization
    ) throws(RulesError) -> [PathPattern] {
        var patterns: [PathPattern] = []
        for path in try field.oneOrMore("/api/**") {
            patterns.append(
                try path.parsed("/api/**") { text throws(ParseError) in try PathPattern(text, normalization) })
        }
        return patterns
    }

    private static func expression(
        _ field: Field, _ normalization: PathNormalization
    ) throws(RulesError) -> Condition {
        try field.parsed("\"^/v[0-9]+/\"") { text throws(ParseError) in
            .path(try Automaton(text, ignoresCase: normalization.contains(.ignoresCase)), text: text)
        }
    }

    private static func values(
        _ field: Field, _ example: String
    ) throws(RulesError) -> [(name: Field, text: String, pattern: ValuePattern)] {
        var values: [(name: Field, text: String, pattern: ValuePattern)] = []
        for (name, value) in try field.members(example) {
            values.append((name, try name.text("a name"), ValuePattern(try value.text("a value, or * for any"))))
        }
        return values
    }
}

extension Field {
    /// The networks in a list of networks and addresses.
    func networks() throws(RulesError) -> [Network] {
        var networks: [Network] = []
        for field in try oneOrMore("[10.0.0.0/8]") { networks.append(try field.network()) }
        return networks
    }

    /// A network or an address.
    func network() throws(RulesError) -> Network {
        try parsed("10.0.0.0/8") { text throws(ParseError) in try Network(text) }
    }
}
