/// Reads what a rule's `match` asks for.
struct MatchReader {
    private static let example = "{ method: GET, path: /api/** }, or leave it out"
    private static let names = [
        "host", "method", "path", "path_regex", "header", "query", "variable", "address",
    ]

    private(set) var patterns: [PathPattern] = []
    private(set) var methods = MethodSet.all
    private(set) var conditions: [Condition] = []

    init(_ field: Field?, spelling: PathSpelling) throws(RulesError) {
        if let members = try field?.members(named: Self.names, Self.example) {
            // In an order in which those that decide fast come first.
            if let methods = members["method"] { self.methods = try Self.methods(methods) }
            if let hosts = members["host"] { conditions.append(.host(try Self.hosts(hosts))) }
            if let paths = members["path"] { patterns = try Self.paths(paths, spelling) }
            if let expression = members["path_regex"] {
                conditions.append(try Self.expression(expression, spelling))
            }
            if let headers = members["header"] {
                for (name, text, pattern) in try Self.values(headers, "{ X-Tenant: acme }") {
                    guard Source.isHeaderName(text) else {
                        throw name.error("is no header name; write for example X-Tenant", value: text)
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
            let text = try method.text("GET")
            let found = MethodSet(Array(text.utf8)[...])
            guard !found.isEmpty else {
                let names = MethodSet.names.map(\.description)
                let remedy = nearest(to: text, among: names) ?? alternatives(names.prefix(6))
                throw method.error("is no HTTP method; write \(remedy)", value: text)
            }
            methods.formUnion(found)
        }
        return methods.withHead
    }

    private static func hosts(_ field: Field) throws(RulesError) -> [HostPattern] {
        var hosts: [HostPattern] = []
        for host in try field.oneOrMore("example.com") {
            let text = try host.text("example.com")
            do throws(HostPattern.Mistake) {
                hosts.append(try HostPattern(text))
            } catch {
                throw host.error(error.text, value: text)
            }
        }
        return hosts
    }

    private static func paths(_ field: Field, _ spelling: PathSpelling) throws(RulesError) -> [PathPattern] {
        var patterns: [PathPattern] = []
        for path in try field.oneOrMore("/api/**") {
            let text = try path.text("/api/**")
            do throws(PathPattern.Mistake) {
                patterns.append(try PathPattern(text, spelling: spelling))
            } catch {
                throw path.error(error.text, value: text)
            }
        }
        return patterns
    }

    private static func expression(_ field: Field, _ spelling: PathSpelling) throws(RulesError) -> Condition {
        let text = try field.text("\"^/v[0-9]+/\"")
        do throws(Expression.Mistake) {
            return .path(try Automaton(text, ignoresCase: spelling.contains(.ignoresCase)), text: text)
        } catch {
            throw field.error(error.text, value: text)
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
    /// The networks of a list.
    func networks() throws(RulesError) -> [Network] {
        var networks: [Network] = []
        for field in try oneOrMore("[10.0.0.0/8]") { networks.append(try field.network()) }
        return networks
    }

    /// A network or an address.
    func network() throws(RulesError) -> Network {
        let text = try text("10.0.0.0/8")
        do throws(Network.Mistake) {
            return try Network(text)
        } catch {
            switch error {
            case .notAnAddress:
                throw self.error("is no address; write for example 10.0.0.0/8, 2001:db8::/32 or unix", value: text)
            case .prefix(let longest):
                throw self.error("has a wrong prefix; write /0 to /\(longest)", value: text)
            case .hostBits(let network):
                throw self.error("has more bits than its prefix; write \(network)", value: text)
            }
        }
    }
}
