/// How facts are found in a request: the settings that a rules file has once, for all its rules.
final class RequestSettings: Sendable {
    /// Where clients send their API keys.
    let keySource: Source
    /// The keys that count; `nil` if every key does.
    let keys: KeyList?
    let trustedProxies: AddressSet
    /// The header that trusted proxies write; `nil` if the file does not say.
    let proxyHeader: ProxyHeader?
    /// The bits of an IPv6 address that identify one client, 1 to 128.
    let v6Prefix: Int
    let pathNormalization: PathNormalization
    /// Where the web server says which plan a client has; a plan in the key file takes precedence.
    let planSource: Source?

    init(
        keySource: Source, keys: KeyList?, trustedProxies: AddressSet, proxyHeader: ProxyHeader?, v6Prefix: Int,
        pathNormalization: PathNormalization, planSource: Source?
    ) {
        self.keySource = keySource
        self.keys = keys
        self.trustedProxies = trustedProxies
        self.proxyHeader = proxyHeader
        self.v6Prefix = v6Prefix
        self.pathNormalization = pathNormalization
        self.planSource = planSource
    }

    /// The variables from which a client's address is found.
    var addressVariables: [[UInt8]] {
        guard !trustedProxies.isEmpty else { return [Variable.remoteAddress] }
        let headers = proxyHeader.map { [$0] } ?? ProxyHeader.allCases
        return [Variable.remoteAddress] + headers.map(\.variable)
    }
}
