/// The two free ports of a node of a Redis Cluster.
struct ClusterPorts {
    /// Before version 7 the port for other nodes is this far above that for clients.
    static let distance = 10_000

    /// The port for clients.
    let client: FreePort
    /// The number of the port for other nodes.
    let bus: Int

    /// - Throws: ``ServerError`` when there are none.
    init() throws {
        if RedisServer.isBeforeSeven {
            client = try FreePort(alsoAt: Self.distance)
            bus = client.number + Self.distance
        } else {
            client = try FreePort()
            bus = try FreePort().number
        }
    }

    /// The lines of `redis.conf` about these ports.
    var options: [String] { RedisServer.isBeforeSeven ? [] : ["cluster-port \(bus)"] }
}
