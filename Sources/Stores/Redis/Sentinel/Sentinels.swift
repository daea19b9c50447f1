/// Redis Sentinels, asked for the master that they watch.
final class Sentinels {
    private let location: SentinelLocation
    private let deadlines: RedisDeadlines
    /// The Sentinel that answered last comes first, so that an unreachable one does not delay every connection.
    private var order: [RedisLocation.Endpoint]

    init(_ location: SentinelLocation, deadlines: RedisDeadlines) {
        self.location = location
        self.deadlines = deadlines
        order = location.sentinels
    }

    /// A connection to the master.
    ///
    /// Each Sentinel is asked in turn until one names a server that calls itself the master: after a failover some may
    /// not know of it yet.
    ///
    /// - Throws: ``StoreError`` of the last Sentinel that was asked, or at once for a mistake in the location.
    func connectMaster() throws(StoreError) -> RedisConnection {
        var failures: [StoreError] = []
        for (index, sentinel) in order.enumerated() {
            do throws(StoreError) {
                let connection = try connect(to: master(namedBy: sentinel))
                order.insert(order.remove(at: index), at: 0)
                return connection
            } catch {
                guard error.kind != .misconfigured else { throw error }
                failures.append(error)
            }
        }
        let reasons = failures.map(\.description).joined(separator: "; ")
        throw StoreError(failures.last?.kind ?? .unreachable, "\(location) has no master now: \(reasons)")
    }

    /// Where a Sentinel says that the master is (`SENTINEL GET-MASTER-ADDR-BY-NAME`).
    private func master(
        namedBy sentinel: RedisLocation.Endpoint
    ) throws(StoreError) -> RedisLocation.Endpoint {
        let connection = try RedisConnection(location.sentinel(at: sentinel), deadlines: deadlines)
        let question = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", location.master]
        let answer = try connection.command(question).value.elements
        guard answer.count == 2, let host = answer[0].text, let port = answer[1].text.flatMap({ UInt16($0) }) else {
            // The Sentinel may have begun to watch just now.
            throw StoreError(.refused, "the Sentinel \(sentinel) watches no master \"\(location.master)\"")
        }
        return .tcp(host: host, port: Int(port))
    }

    /// A connection to a server that calls itself a master (`ROLE`).
    private func connect(to server: RedisLocation.Endpoint) throws(StoreError) -> RedisConnection {
        let connection = try RedisConnection(location.server(at: server), deadlines: deadlines)
        let role = try connection.command(["ROLE"]).value.elements.first?.text
        guard role == "master" else {
            throw StoreError(
                .refused, "\(server), which a Sentinel names, is not a master but a \(role ?? "stranger")")
        }
        return connection
    }
}
