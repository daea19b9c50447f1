import Limiters
import TextFormats

/// Reads a rules file from its root.
struct RulebookReader {
    private static let names = [
        "trusted_proxies", "proxy_header", "ipv6_prefix", "ignore_in_paths", "api_keys", "fingerprints", "plan",
        "matching",
        "exempt", "banned", "policies", "rules",
    ]

    let rulebook: Rulebook
    private(set) var warnings: [RulesWarning] = []

    init(_ root: Field, mode: Policy.Mode) throws(RulesError) {
        let members = try root.members(named: Self.names, "policies and rules")
        let policies = try PolicyReader(members.required("policies", "{ data: { limit: 10 per minute } }"), mode: mode)
        let matching = try members["matching"]?.choice(Rulebook.Matching.self) ?? .first
        let normalization = try Self.normalization(members["ignore_in_paths"])
        let (keySource, keyFile) = try Self.apiKeys(members["api_keys"])
        let fingerprints = try FingerprintReader(members["fingerprints"])
        let keys = try keyFile.map { file throws(RulesError) in
            try KeyFileReader(file, plans: policies.plans, fingerprints.fingerprints)
        }
        let networks = try members["trusted_proxies"]?.networks() ?? []
        let settings = RequestSettings(
            keySource: keySource, keys: keys?.keys, trustedProxies: AddressSet(networks),
            proxyHeader: try members["proxy_header"]?.choice(ProxyHeader.self),
            v6Prefix: Int(try members["ipv6_prefix"]?.number(1...128) ?? 64), pathNormalization: normalization,
            planSource: try members["plan"]?.planSource(), fingerprints: fingerprints.fingerprints)
        let banned = try ClientListReader.list(members["banned"], settings)
        let exempt = try ClientListReader.list(members["exempt"], settings)
        var reader = RuleReader(policies: policies, matching: matching, normalization: normalization)
        let rules = try members.required("rules", "[{ match: { path: /api/** }, policies: [\(policies.names[0])] }]")
        try reader.read(rules)
        rulebook = Rulebook(
            mode: mode, matching: matching, rules: reader.rules, policies: policies.all, settings: settings,
            banned: banned,
            exempt: exempt, costHeader: policies.costHeader)

        warnings += fingerprints.warnings + (keys?.warnings ?? [])
        warnings += reader.warnings
        for field in networks.isEmpty ? [] : try members["trusted_proxies"]?.oneOrMore("") ?? [] {
            guard field.scalar?.hasSuffix("/0") == true else { continue }
            warnings.append(
                field.warning("trusts everyone, so clients can choose their address; write your proxies' addresses"))
        }
        if policies.plans.isEmpty, let field = members["plan"] {
            warnings.append(field.warning("has no effect, because no policy has plans; add plans, or leave it out"))
        }
        if settings.planSource?.isChosenByClients == true, let field = members["plan"] {
            warnings.append(
                field.warning("lets clients choose their plan; write variable NAME for a variable of the web server"))
        }
        if let field = members["trusted_proxies"], members["proxy_header"] == nil {
            let header = alternatives(ProxyHeader.allCases.map(\.rawValue))
            warnings.append(
                field.warning(
                    "needs proxy_header, because clients can send the header that the proxies do not; write \(header)"))
        }
        if let field = members["proxy_header"], networks.isEmpty {
            warnings.append(
                field.warning("has no effect without trusted_proxies; write your proxies' addresses there"))
        }
        warnings += Self.unused(policies, reader.rules)
        warnings += ChosenIdentities(settings, matching, reader.rules, fields: reader.fields).warnings
        warnings += ScriptPaths.warnings(normalization, reader.rules, fields: reader.fields)
        if matching == .first {
            var reachability = Reachability(reader.rules, fields: reader.fields)
            warnings += reachability.warnings()
        }
    }

    private static func normalization(_ field: Field?) throws(RulesError) -> PathNormalization {
        var normalization: PathNormalization = []
        for detail in try field?.oneOrMore("[case, parameters]") ?? [] {
            switch try detail.choice(IgnoredDetail.self) {
            case .case: normalization.insert(.ignoresCase)
            case .parameters: normalization.insert(.ignoresParameters)
            case .indexPHP: normalization.insert(.ignoresIndexPHP)
            }
        }
        return normalization
    }

    /// Where clients send their keys, and the field that names the key file.
    private static func apiKeys(_ field: Field?) throws(RulesError) -> (Source, file: Field?) {
        let example = "{ header: X-API-Key, file: keys.txt }, or leave it out"
        let members = try field?.members(named: ["header", "query", "cookie", "file"], example)
        let sources = ["header", "query", "cookie"].compactMap { kind in members?[kind].map { (kind, $0) } }
        guard sources.count < 2 else {
            throw sources[1].1.error("is a second source of the key; write \(sources[0].0) or \(sources[1].0)")
        }
        guard let (kind, field) = sources.first else { return (.header("X-API-Key"), members?["file"]) }
        let source = try field.parsed(kind == "header" ? "X-API-Key" : "api_key") { name throws(ParseError) in
            let words = name.split(whereSeparator: \.isWhitespace).map(String.init)
            guard kind != "header" || (words.count == 1 && Source.isHeaderName(words[0])) else {
                throw ParseError("is not a valid header name; write for example X-API-Key")
            }
            return try Source("\(kind) \(name)")
        }
        return (source, members?["file"])
    }

    private static func unused(_ policies: PolicyReader, _ rules: [RuleDefinition]) -> [RulesWarning] {
        let used = Set(rules.flatMap { $0.action.choices.map(\.standard.name) })
        return policies.names.compactMap { name in
            used.contains(name)
                ? nil : policies.fields[name]?.warning("is not used by any rule; use it in a rule", value: name)
        }
    }

    private enum IgnoredDetail: String, CaseIterable {
        case `case`, parameters
        case indexPHP = "index.php"
    }
}

extension Field {
    /// Where the web server says which plan a client has.
    fileprivate func planSource() throws(RulesError) -> Source {
        let source = try source("variable X_PLAN")
        switch source.kind {
        case .everyone, .address, .apiKey:
            throw error("is not the name of a plan; write variable X_PLAN", value: scalar)
        case .variable, .cookie, .query: return source
        }
    }
}
