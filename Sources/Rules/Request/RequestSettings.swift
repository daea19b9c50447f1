/// How facts are found in a request: the settings that a rules file has once, for all its rules.
final class RequestSettings: Sendable {
    /// Where clients send their API keys.
    let keySource: Source
    /// Whether the scheme of RFC 6750 may precede a key: `Authorization: Bearer …`.
    let keysHaveSchemes: Bool
    /// The keys that count; `nil` if every key does.
    let keys: KeyList?
    let trustedProxies: AddressSet
    /// The header that trusted proxies write; `nil` if the file does not say, and then all headers must agree.
    let proxyHeader: ProxyHeader?
    /// The bits of an IPv6 address that identify one client, 1 to 128.
    let v6Prefix: Int
    let pathNormalization: PathNormalization
    /// Where the web server says which plan a client has; a plan in the key file takes precedence.
    let planSource: Source?
    let fingerprints: Fingerprints

    init(
        keySource: Source, keys: KeyList?, trustedProxies: AddressSet, proxyHeader: ProxyHeader?, v6Prefix: Int,
        pathNormalization: PathNormalization, planSource: Source?, fingerprints: Fingerprints
    ) {
        self.keySource = keySource
        keysHaveSchemes = keySource.kind == .variable(Variable.authorization)
        self.keys = keys
        self.trustedProxies = trustedProxies
        self.proxyHeader = proxyHeader
        self.v6Prefix = v6Prefix
        self.pathNormalization = pathNormalization
        self.planSource = planSource
        self.fingerprints = fingerprints
    }

    /// The name of an API key in identities, whether or not it counts.
    func name(ofKey key: Bytes) -> Bytes {
        keys?.entry(for: key)?.name ?? fingerprints.name(of: key, from: .apiKey)
    }

    /// The name of the API key with this SHA-256; `nil` if only the key itself can tell.
    func name(ofKeyDigest digest: Bytes) -> Bytes? {
        keys?.entry(forDigest: digest)?.name ?? fingerprints.name(ofDigest: digest)
    }

    /// The variables from which a client's address is found.
    var addressVariables: [[UInt8]] {
        guard !trustedProxies.isEmpty else { return [Variable.remoteAddress] }
        let headers = proxyHeader.map { [$0] } ?? ProxyHeader.allCases
        return [Variable.remoteAddress] + headers.map(\.variable)
    }
}
