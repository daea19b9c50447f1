import Servers

/// The network between limiters and Redis is cut: packets are lost, and neither side is notified.
final class NetworkFault: Fault {
    private let cable: Cable
    private let redis: RedisServer

    init() throws {
        do {
            cable = try Cable()
        } catch {
            throw ScenarioError("not possible here: \(error)", isImpossible: true)
        }
        redis = try RedisServer(.socketAndPort, at: cable.far)
    }

    var store: String { "redis://\(cable.far.host):\(redis.port)" }
    var end: Cable.End? { cable.near }

    func strike(_ site: Site) throws {
        try cable.pull()
    }

    func mend(_ site: Site) throws {
        try cable.plug()
    }
}
