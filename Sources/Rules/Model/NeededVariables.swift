extension Rulebook {
    /// The CGI variables that these rules read, in alphabetical order: all that a web server needs to send.
    ///
    /// A server that does not send `REQUEST_URI` may send `SCRIPT_NAME`, `PATH_INFO` and `QUERY_STRING` instead.
    public var variables: [String] {
        // A client without any other identity is counted by its address.
        var names = Set(settings.addressVariables + [Variable.requestURI, Variable.requestMethod, Variable.preflight])
        var sources = listedSources
        for rule in rules {
            sources += rule.action.selectors.flatMap(\.alternatives).joined()
            if case .variable(let name) = rule.action.cost { names.insert(name) }
            if rule.action.choices.contains(where: { !$0.byPlan.isEmpty }) {
                sources += [.apiKey] + (settings.planSource.map { [$0] } ?? [])
            }
            for condition in rule.conditions { names.formUnion(condition.variables) }
        }
        if sources.contains(.apiKey) { sources.append(settings.keySource) }
        names.formUnion(sources.flatMap(\.variables))
        return names.map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    /// The sources by which clients are banned or exempt.
    var listedSources: [Source] {
        [banned, exempt].flatMap { list in list.values.map(\.source) + (list.keys.isEmpty ? [] : [.apiKey]) }
    }
}

extension Condition {
    fileprivate var variables: [[UInt8]] {
        switch self {
        case .host: [Variable.host, Variable.serverName]
        case .variable(let name, _): [name]
        case .query, .address, .path: []
        }
    }
}
