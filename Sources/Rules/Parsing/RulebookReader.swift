import Limiters

/// Reads a rules file from its top.
struct RulebookReader {
    private static let names = [
        "trusted_proxies", "proxy_header", "ipv6_prefix", "ignore_in_paths", "api_keys", "plan", "matching", "exempt",
        "banned", "policies", "rules",
    ]

    let rulebook: Rulebook
    private(set) var warnings: [RulesWarning] = []

    init(_ top: Field) throws(RulesError) {
        let members = try top.members(named: Self.names, "policies and rules")
        let policies = try PolicyReader(members.required("policies", "{ data: { limit: 10 per minute } }"))
        let matching = try members["matching"]?.choice(Rulebook.Matching.self) ?? .first
        let spelling = try Self.spelling(members["ignore_in_paths"])
        let (keySource, keyFile) = try Self.apiKeys(members["api_keys"])
        let keys = try keyFile.map { file throws(RulesError) in try KeyFileReader(file, plans: policies.plans) }
        let networks = try members["trusted_proxies"]?.networks() ?? []
        let settings = RequestSettings(
            keySource: keySource, keys: keys?.keys, trustedProxies: AddressSet(networks),
            proxyHeader: try members["proxy_header"]?.choice(ProxyHeader.self),
            v6Prefix: Int(try members["ipv6_prefix"]?.number(1...128) ?? 64), pathSpelling: spelling,
            planSource: try members["plan"]?.planSource())
        let banned = try ClientListReader.list(members["banned"])
        let exempt = try ClientListReader.list(members["exempt"])
        var reader = RuleReader(policies: policies, matching: matching, spelling: spelling)
        let rules = try members.required("rules", "[{ match: { path: /api/** }, policies: [\(policies.names[0])] }]")
        try reader.read(rules)
        rulebook = Rulebook(
            matching: matching, rules: reader.rules, policies: policies.all, settings: settings, banned: banned,
            exempt: exempt)

        warnings += keys?.warnings ?? []
        warnings += reader.warnings
        for field in networks.isEmpty ? [] : try members["trusted_proxies"]?.oneOrMore("") ?? [] {
            guard field.scalar?.hasSuffix("/0") == true else { continue }
            warnings.append(
                field.warning("trusts everybody, so each client can choose its address; write your proxies' addresses"))
        }
        if policies.plans.isEmpty, let field = members["plan"] {
            warnings.append(field.warning("changes nothing, no policy has plans; give one plans, or leave it out"))
        }
        if settings.planSource?.isChosenByClients == true, let field = members["plan"] {
            warnings.append(
                field.warning("lets each client choose its plan; write variable NAME for what the web server sets"))
        }
        if let field = members["proxy_header"], networks.isEmpty {
            warnings.append(
                field.warning("is read from nobody without trusted_proxies; write the addresses of your proxies there"))
        }
        warnings += Self.unused(policies, reader.rules)
        if matching == .first {
            var reachability = Reachability(reader.rules)
            warnings += reachability.warnings()
        }
    }

    private static func spelling(_ field: Field?) throws(RulesError) -> PathSpelling {
        var spelling: PathSpelling = []
        for detail in try field?.oneOrMore("[case, parameters]") ?? [] {
            switch try detail.choice(PathDetail.self) {
            case .case: spelling.insert(.ignoresCase)
            case .parameters: spelling.insert(.ignoresParameters)
            }
        }
        return spelling
    }

    /// Where keys are sent, and the field that names their file.
    private static func apiKeys(_ field: Field?) throws(RulesError) -> (Source, file: Field?) {
        let example = "{ header: X-API-Key, file: keys.txt }, or leave it out"
        let members = try field?.members(named: ["header", "query", "cookie", "file"], example)
        let places = ["header", "query", "cookie"].compactMap { kind in members?[kind].map { (kind, $0) } }
        guard places.count < 2 else {
            throw places[1].1.error("is a second place for the key; write \(places[0].0) or \(places[1].0)")
        }
        guard let (kind, place) = places.first else {
            return (Source(place: .variable(Variable.header("X-API-Key")), label: "header:x-api-key"), members?["file"])
        }
        let name = try place.text(kind == "header" ? "X-API-Key" : "api_key")
        do throws(Source.Mistake) {
            return (try Source("\(kind) \(name)"), members?["file"])
        } catch {
            throw place.error(error.text, value: name)
        }
    }

    private static func unused(_ policies: PolicyReader, _ rules: [WrittenRule]) -> [RulesWarning] {
        let used = Set(rules.flatMap { $0.action.choices.map(\.standard.name) })
        return policies.names.compactMap { name in
            used.contains(name)
                ? nil : policies.fields[name]?.warning("is a policy that no rule uses; name it in a rule", value: name)
        }
    }

    private enum PathDetail: String, CaseIterable {
        case `case`, parameters
    }
}

extension Field {
    /// Where the web server says which plan a client has.
    fileprivate func planSource() throws(RulesError) -> Source {
        let source = try source("variable X_PLAN")
        switch source.place {
        case .everyone, .address, .apiKey: throw error("names no plan; write variable X_PLAN", value: scalar)
        case .variable, .cookie, .query: return source
        }
    }
}
