import TextFormats

/// The facts about one request, each computed when a rule first asks for it, and then kept.
struct RequestFacts {
    private enum Lazy<Value> {
        case unknown
        case known(Value)
    }

    let settings: RequestSettings
    private let variables: any CGIVariables
    private let target: RequestTarget?
    private var cachedMethod: Lazy<MethodSet> = .unknown
    private var cachedHost: Lazy<Bytes> = .unknown
    private var cachedServerName: Lazy<Bytes> = .unknown
    private var cachedClient: Lazy<Address?> = .unknown
    private var cachedAddress: Lazy<Bytes?> = .unknown
    private var cachedSentKey: Lazy<Bytes?> = .unknown
    private var cachedKey: Lazy<KeyList.Entry?> = .unknown
    private var cachedKeyName: Lazy<Bytes?> = .unknown
    private var cachedPlan: Lazy<Bytes?> = .unknown

    init(_ variables: any CGIVariables, _ settings: RequestSettings) {
        self.variables = variables
        self.settings = settings
        target = variables.bytes(of: Variable.requestURI).map { RequestTarget($0) }
    }

    /// The normalized path of `REQUEST_URI`, or of `SCRIPT_NAME` and `PATH_INFO` if a CGI program gets only those.
    var path: RequestPath {
        if let target { return RequestPath(target.path, settings.pathNormalization) }
        let script = variables.bytes(of: Variable.scriptName) ?? []
        let rest = variables.bytes(of: Variable.pathInfo) ?? []
        // These two are decoded already, so a % in them is a literal one.
        let encoded = (script + rest).flatMap { $0 == UInt8(ascii: "%") ? Array("%25".utf8) : [$0] }
        return RequestPath(encoded[...], settings.pathNormalization)
    }

    /// The query of `REQUEST_URI`, which is the client's even in a guard's subrequest, or else `QUERY_STRING`.
    private var query: Bytes { (target == nil ? variables.bytes(of: Variable.queryString) : target?.query) ?? [] }

    /// A variable's value, which may be empty; `nil` if it was not sent.
    func variable(_ name: [UInt8]) -> Bytes? { variables.bytes(of: name) }

    /// The decoded values of a query parameter, in order.
    func queryValues(_ name: [UInt8]) -> some Sequence<Bytes> {
        URLQuery(query).lazy.filter { $0.name.elementsEqual(name) }.map(\.value)
    }

    /// The method, as a set of one; empty for a method that no rule can name.
    mutating func method() -> MethodSet {
        if case .known(let method) = cachedMethod { return method }
        let method = MethodSet(variables.bytes(of: Variable.requestMethod) ?? [])
        cachedMethod = .known(method)
        return method
    }

    /// Whether this is a CORS preflight, by which a browser asks for permission to send the actual request.
    mutating func isPreflight() -> Bool {
        method() == .options && variables.bytes(of: Variable.preflight) != nil
    }

    /// The host that the client named, without its port: from the target, else the `Host` header; empty if there is none.
    mutating func host() -> Bytes {
        if case .known(let host) = cachedHost { return host }
        let host = (target?.host ?? variables.bytes(of: Variable.host))?.hostName ?? []
        cachedHost = .known(host)
        return host
    }

    /// The name of the web server's site that the request reached, whatever host the client named; empty if unknown.
    mutating func serverName() -> Bytes {
        if case .known(let name) = cachedServerName { return name }
        let name = variables.bytes(of: Variable.serverName)?.hostName ?? []
        cachedServerName = .known(name)
        return name
    }

    /// The client's address, taken from the proxy header if trusted proxies passed the request on; `nil` if `REMOTE_ADDR`
    /// is not an address, or if two proxy headers disagree.
    mutating func client() -> Address? {
        if case .known(let client) = cachedClient { return client }
        let client = findClient()
        cachedClient = .known(client)
        return client
    }

    /// The addresses that proxy headers name as the client if they disagree; otherwise none.
    mutating func disputedClients() -> [Address] {
        guard client() == nil, let peer = variables.bytes(of: Variable.remoteAddress).flatMap({ Address($0) }) else {
            return []
        }
        return Array(clients(via: peer))
    }

    /// The first value of a source; `nil` if the request has none or an empty one.
    mutating func value(of source: Source) -> Bytes? {
        let value: Bytes? =
            switch source.kind {
            case .everyone: nil
            case .address: addressText()
            case .apiKey: sentKey()
            // nginx passes on tabs around a header's value, which the application does not see (RFC 9110, 5.5).
            case .variable(let name): variables.bytes(of: name)?.trimmed
            case .cookie(let name):
                variables.bytes(of: Variable.cookie).flatMap { CookieHeader.value(of: name, in: $0) }
            case .query(let name): queryValues(name).first { _ in true }
            }
        return value?.isEmpty == true ? nil : value
    }

    /// The value of a source as identities contain it, with a secret replaced by its name; `nil` if the request has none.
    mutating func identityValue(of source: Source) -> Bytes? {
        switch source.kind {
        case .address: value(of: source)
        case .apiKey: keyName()
        default: value(of: source).map { settings.fingerprints.name(of: $0, from: source) }
        }
    }

    private mutating func keyName() -> Bytes? {
        if case .known(let name) = cachedKeyName { return name }
        let name = key().flatMap { entry in
            entry.name ?? sentKey().map { settings.fingerprints.name(of: $0, from: .apiKey) }
        }
        cachedKeyName = .known(name)
        return name
    }

    /// The client's plan, from the key file or else from the web server.
    mutating func plan() -> Bytes? {
        if case .known(let plan) = cachedPlan { return plan }
        let plan = key()?.plan ?? settings.planSource.flatMap { value(of: $0) }
        cachedPlan = .known(plan)
        return plan
    }

    /// What is known about the API key, if the client sent one that counts.
    private mutating func key() -> KeyList.Entry? {
        if case .known(let key) = cachedKey { return key }
        let key = sentKey().flatMap { text in
            settings.keys.map { $0.entry(for: text) } ?? KeyList.Entry(name: nil, plan: nil)
        }
        cachedKey = .known(key)
        return key
    }

    /// The API key that the client sent, known or not.
    mutating func sentKey() -> Bytes? {
        if case .known(let key) = cachedSentKey { return key }
        var key = value(of: settings.keySource)
        if settings.keysHaveSchemes, let text = key {
            let scheme = text.prefix { $0 != UInt8(ascii: " ") }
            if scheme.equals(ignoringCase: "Bearer") { key = text[scheme.endIndex...].trimmed }
        }
        cachedSentKey = .known(key)
        return key
    }

    /// The address as identities contain it; `REMOTE_ADDR` as it is if the client's address is unknown.
    private mutating func addressText() -> Bytes? {
        if case .known(let text) = cachedAddress { return text }
        let text =
            client().map { $0.text(v6Prefix: settings.v6Prefix)[...] } ?? variables.bytes(of: Variable.remoteAddress)
        cachedAddress = .known(text)
        return text
    }

    private func findClient() -> Address? {
        guard let peer = variables.bytes(of: Variable.remoteAddress).flatMap({ Address($0) }) else { return nil }
        guard settings.trustedProxies.contains(peer) else { return peer }
        var client: Address?
        for found in clients(via: peer) {
            // The proxy wrote one of the headers, and the client may have sent the other.
            guard client == nil || client == found else { return nil }
            client = found
        }
        return client ?? peer
    }

    /// The addresses that proxy headers name as the client.
    private func clients(via peer: Address) -> some Sequence<Address> {
        (settings.proxyHeader.map { [$0] } ?? ProxyHeader.allCases).lazy.compactMap { header in
            variables.bytes(of: header.variable).map {
                header.client(via: peer, in: $0, trusted: settings.trustedProxies)
            }
        }
    }
}
