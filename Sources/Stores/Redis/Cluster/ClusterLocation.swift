/// A Redis Cluster, and the user to log in as.
public struct ClusterLocation: Sendable, Hashable, CustomStringConvertible {
    /// Nodes that are asked for all others; at least one.
    public let nodes: [RedisLocation.Endpoint]
    /// The user to log in as, and the password.
    let credentials: RedisCredentials
    /// How the nodes are verified; `nil` without TLS.
    let tls: TLSSettings?

    private static let example = "redis+cluster://10.0.0.1:6379,10.0.0.2:6379,10.0.0.3:6379"

    /// The location written as `redis+cluster://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…]`; with TLS
    /// `rediss+cluster`.
    init(_ text: String) throws(StoreError) {
        guard let address = try RedisAddress(text) else {
            throw StoreLocation.unusable(text, "write \(Self.example)")
        }
        credentials = address.credentials
        tls = address.tls
        let list = address.rest.hasSuffix("/") ? address.rest.dropLast() : address.rest
        guard !list.contains("/") else {
            throw StoreLocation.unusable(address.shown, "a cluster has one database: write nothing after the nodes")
        }
        nodes = try list.split(separator: ",", omittingEmptySubsequences: false).map { node throws(StoreError) in
            try RedisLocation.Endpoint(node, defaultPort: 6_379, in: address.shown, example: Self.example)
        }
    }

    /// The location without its password.
    public var description: String {
        "\(tls.scheme)+cluster://" + nodes.map(\.description).joined(separator: ",")
    }

    /// The node at `endpoint`.
    func server(at endpoint: RedisLocation.Endpoint) -> RedisLocation {
        RedisLocation(endpoint, credentials, tls: tls)
    }

    /// A connection to any of the named nodes, for messages: a node passes what is published to it on to all others.
    ///
    /// - Throws: ``StoreError`` of the last node if no node can be connected to.
    func connect(deadlines: RedisDeadlines) throws(StoreError) -> RedisConnection {
        var failure = StoreError(.unreachable, "\(self) names no node")
        for node in nodes.shuffled() {
            do throws(StoreError) {
                return try RedisConnection(server(at: node), deadlines: deadlines)
            } catch {
                failure = error
            }
        }
        throw failure
    }
}
