import Limiters
import Platform

/// Knows which node a slot's commands go to, and keeps that knowledge up to date.
final class ClusterRouter {
    /// How long a slot counts as moving after one of its keys was not in the slot's node.
    private static let movingTime: Microseconds = 1_000_000
    /// The pause between two refreshes of an outdated map.
    private static let refreshInterval: Microseconds = 100_000

    private let location: ClusterLocation
    private let deadlines: RedisDeadlines
    private(set) var map: ClusterMap
    private var isStale = true
    private var refreshDue: Microseconds = 0
    private var nextSource = 0
    /// Slots whose keys may be in two nodes, and until when that is assumed.
    private var moving: [Int: Microseconds] = [:]

    init(_ location: ClusterLocation, deadlines: RedisDeadlines) {
        self.location = location
        self.deadlines = deadlines
        map = ClusterMap(location, deadlines: deadlines)
    }

    /// Why a node is unavailable.
    var failure: StoreError? { map.nodes.lazy.compactMap(\.failure).first }

    /// The node that owns a slot; `nil` if none is known, which makes the map stale.
    func owner(of slot: Int) -> ClusterNode? {
        let owner = map.owner(of: slot)
        if owner == nil { isStale = true }
        return owner
    }

    /// Notes that the map may be outdated.
    func markStale() {
        isStale = true
    }

    /// Notes that a slot has moved for good.
    func redirect(_ slot: Int, to endpoint: RedisLocation.Endpoint) {
        map.give(slot, to: endpoint)
        isStale = true
    }

    /// Notes that keys of a slot are on their way from one node to another.
    func markMoving(_ slot: Int) {
        moving[slot] = steadyMicroseconds() + Self.movingTime
    }

    func node(at endpoint: RedisLocation.Endpoint) -> ClusterNode { map.node(at: endpoint) }

    /// Whether a slot is known to be moving.
    func isMoving(_ slot: Int) -> Bool {
        guard !moving.isEmpty, let end = moving[slot] else { return false }
        if steadyMicroseconds() < end { return true }
        moving[slot] = nil
        return false
    }

    /// Asks a node for the map, if the current one may be outdated (`CLUSTER SLOTS`).
    ///
    /// - Throws: ``StoreError`` if there is no map and no node answers.
    func refresh() throws(StoreError) {
        // All nodes are down: they may have other addresses by now, and the operator's location names the current ones.
        if let failure = map.nodes.first?.failure, map.nodes.allSatisfy({ $0.failure != nil }) {
            map = ClusterMap(location, deadlines: deadlines)
            throw failure
        }
        let isCurrent = !isStale && map.nodes.allSatisfy { $0.failure == nil }
        guard !map.isKnown || (!isCurrent && steadyMicroseconds() >= refreshDue) else { return }
        refreshDue = steadyMicroseconds() + Self.refreshInterval

        // Connected nodes first, and not the same one each time: a node that is cut off from the others has an outdated map.
        nextSource += 1
        let count = map.nodes.count
        let sources = (0..<count).map { map.nodes[($0 + nextSource) % count] }
        var failures: [StoreError] = []
        for source in sources.filter(\.isConnected) + sources.filter({ !$0.isConnected }) {
            guard !map.isKnown || source.isConnected else { break }
            do throws(StoreError) {
                let connection = try source.connection().connection
                map.update(by: try connection.command(["CLUSTER", "SLOTS"]).value, from: source)
                isStale = false
                if map.isKnown { return }
                failures.append(StoreError(.refused, "no slot is served"))
            } catch {
                if error.kind != .late { source.fail(error) }
                guard error.kind != .misconfigured else { throw error }
                failures.append(error)
            }
        }
        guard !map.isKnown else { return }
        let reasons = failures.map(\.description).joined(separator: "; ")
        throw StoreError(failures.last?.kind ?? .unreachable, "\(location) cannot be used: \(reasons)")
    }
}
