/// How the facts of a request are found: what a rules file says once, for all its rules.
final class RequestSettings: Sendable {
    /// Where a client sends its API key.
    let keySource: Source
    /// The keys that count; `nil` where any does.
    let keys: KeyList?
    let trustedProxies: AddressSet
    /// The header that trusted proxies write; `nil` where it is `X-Forwarded-For` and, without that, `Forwarded`.
    let proxyHeader: ProxyHeader?
    /// How many bits of an IPv6 address make one client.
    let v6Prefix: Int
    let pathSpelling: PathSpelling
    /// Where the web server says which plan a client has; a plan in the key file goes before it.
    let planSource: Source?

    init(
        keySource: Source, keys: KeyList?, trustedProxies: AddressSet, proxyHeader: ProxyHeader?, v6Prefix: Int,
        pathSpelling: PathSpelling, planSource: Source?
    ) {
        self.keySource = keySource
        self.keys = keys
        self.trustedProxies = trustedProxies
        self.proxyHeader = proxyHeader
        self.v6Prefix = v6Prefix
        self.pathSpelling = pathSpelling
        self.planSource = planSource
    }

    /// The variables that finding a client's address takes.
    var addressVariables: [[UInt8]] {
        guard !trustedProxies.isEmpty else { return [Variable.remoteAddress] }
        let headers = proxyHeader.map { [$0] } ?? ProxyHeader.allCases
        return [Variable.remoteAddress] + headers.map(\.variable)
    }
}
