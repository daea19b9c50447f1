import TextFormats

/// The facts of one request, each found when it is first asked for.
struct RequestFacts {
    private enum Lazy<Value> {
        case unread
        case read(Value)
    }

    let settings: RequestSettings
    private let subject: any CGIVariables
    private let target: RequestTarget?
    private var method: Lazy<MethodSet> = .unread
    private var host: Lazy<Bytes> = .unread
    private var client: Lazy<Address?> = .unread
    private var addressText: Lazy<Bytes?> = .unread
    private var key: Lazy<KeyList.Known?> = .unread
    private var plan: Lazy<Bytes?> = .unread

    init(_ subject: any CGIVariables, _ settings: RequestSettings) {
        self.subject = subject
        self.settings = settings
        target = subject.bytes(of: Variable.requestURI).map { RequestTarget($0) }
    }

    /// The path as rules compare it: that of `REQUEST_URI`, or what a plain CGI program gets in its place.
    var path: RequestPath {
        if let target { return RequestPath(target.path, spelling: settings.pathSpelling) }
        let script = subject.bytes(of: Variable.scriptName) ?? []
        let rest = subject.bytes(of: Variable.pathText) ?? []
        // These two are decoded: what looks like an encoding here was encoded twice.
        let encoded = (script + rest).flatMap { $0 == UInt8(ascii: "%") ? Array("%25".utf8) : [$0] }
        return RequestPath(encoded[...], spelling: settings.pathSpelling)
    }

    /// The query of `REQUEST_URI`, which a guard's subrequest keeps, or else `QUERY_STRING`.
    private var query: Bytes { (target == nil ? subject.bytes(of: Variable.queryString) : target?.query) ?? [] }

    /// A variable, also an empty one.
    func variable(_ name: [UInt8]) -> Bytes? { subject.bytes(of: name) }

    /// The decoded values of a query parameter.
    func queryValues(_ name: [UInt8]) -> some Sequence<Bytes> {
        URLQuery(query).lazy.filter { $0.name.elementsEqual(name) }.map(\.value)
    }

    /// The method as a set of one; empty for a method that no rule can name.
    mutating func readMethod() -> MethodSet {
        if case .read(let method) = method { return method }
        let found = MethodSet(subject.bytes(of: Variable.requestMethod) ?? [])
        method = .read(found)
        return found
    }

    /// The host without its port: the target's, or the `Host` header's, or the server's own name.
    mutating func readHost() -> Bytes {
        if case .read(let host) = host { return host }
        let text = target?.host ?? subject.bytes(of: Variable.host) ?? subject.bytes(of: Variable.serverName) ?? []
        let found = HostPattern.bare(text)
        host = .read(found)
        return found
    }

    /// The client's address, behind trusted proxies too; `nil` where `REMOTE_ADDR` is none.
    mutating func readClient() -> Address? {
        if case .read(let client) = client { return client }
        let found = findClient()
        client = .read(found)
        return found
    }

    /// The first value of a fact; `nil` where the request has none or an empty one.
    mutating func value(of source: Source) -> Bytes? {
        let value: Bytes? =
            switch source.place {
            case .everyone: nil
            case .address: readAddressText()
            case .apiKey: readKey()?.name
            // nginx leaves tabs at a header's ends, and a site behind it does not see them (RFC 9110, 5.5).
            case .variable(let name): subject.bytes(of: name)?.trimmed
            case .cookie(let name):
                subject.bytes(of: Variable.cookie).flatMap { CookieHeader.value(of: name, in: $0) }
            case .query(let name): queryValues(name).first { _ in true }
            }
        return value?.isEmpty == true ? nil : value
    }

    /// The plan that the key file, or else the web server, gives this client.
    mutating func readPlan() -> Bytes? {
        if case .read(let plan) = plan { return plan }
        let found = readKey()?.plan ?? settings.planSource.flatMap { value(of: $0) }
        plan = .read(found)
        return found
    }

    /// The API key, where the request has one that counts.
    private mutating func readKey() -> KeyList.Known? {
        if case .read(let key) = key { return key }
        var found: KeyList.Known?
        if let text = presentedKey() {
            found = settings.keys.map { $0.find(text) } ?? KeyList.Known(name: text, plan: nil)
        }
        key = .read(found)
        return found
    }

    /// The API key as the client sends it, whether or not anybody knows it.
    mutating func presentedKey() -> Bytes? {
        guard let text = value(of: settings.keySource) else { return nil }
        guard settings.keySource.place == .variable(Variable.authorization) else { return text }
        // Behind a scheme (RFC 6750), or alone.
        let scheme = text.prefix { $0 != UInt8(ascii: " ") }
        return scheme.equals(ignoringCase: "Bearer") ? text[scheme.endIndex...].trimmed : text
    }

    /// The address as identities have it; what is no address stands for itself.
    private mutating func readAddressText() -> Bytes? {
        if case .read(let text) = addressText { return text }
        let text =
            readClient().map { $0.text(v6Prefix: settings.v6Prefix)[...] } ?? subject.bytes(of: Variable.remoteAddress)
        addressText = .read(text)
        return text
    }

    private func findClient() -> Address? {
        guard let peer = subject.bytes(of: Variable.remoteAddress).flatMap({ Address($0) }) else { return nil }
        guard settings.trustedProxies.contains(peer) else { return peer }
        for header in settings.proxyHeader.map({ [$0] }) ?? ProxyHeader.allCases {
            if let list = subject.bytes(of: header.variable) {
                return header.client(behind: peer, in: list, trusted: settings.trustedProxies)
            }
        }
        return peer
    }
}
