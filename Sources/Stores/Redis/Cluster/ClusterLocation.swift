/// A Redis Cluster, and who to be there.
public struct ClusterLocation: Sendable, Hashable, CustomStringConvertible {
    /// Nodes that are asked for the others, one at least.
    public let nodes: [RedisLocation.Endpoint]
    /// The user of an access control list; `nil` for the default user.
    public let user: String?
    /// The password; `nil` where none is asked.
    public let password: String?

    private static let example = "redis+cluster://10.0.0.1:6379,10.0.0.2:6379,10.0.0.3:6379"

    /// The location in `redis+cluster://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…]`.
    init(_ text: String) throws(StoreError) {
        guard let address = try RedisAddress(text) else {
            throw StoreLocation.unusable(text, "write \(Self.example)")
        }
        user = address.user
        password = address.password
        let list = address.rest.hasSuffix("/") ? address.rest.dropLast() : address.rest
        guard !list.contains("/"), !list.contains("?") else {
            throw StoreLocation.unusable(text, "a cluster has one database: write nothing after the nodes")
        }
        var nodes: [RedisLocation.Endpoint] = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            nodes.append(try RedisLocation.Endpoint(word, defaultPort: 6_379, in: text, example: Self.example))
        }
        self.nodes = nodes
    }

    /// The location without its password.
    public var description: String {
        "redis+cluster://" + nodes.map(\.description).joined(separator: ",")
    }

    /// The node at `endpoint`.
    func server(at endpoint: RedisLocation.Endpoint) -> RedisLocation {
        RedisLocation(endpoint, user: user, password: password)
    }

    /// A connection to any of the nodes that are named here: what is published to one is told to all.
    ///
    /// - Throws: ``StoreError`` of the last one where none can be connected to.
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
