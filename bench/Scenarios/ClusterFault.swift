import Foundation
import Servers

/// What can happen to a Redis Cluster.
final class ClusterFault: Fault {
    /// What happens.
    enum Kind: Sendable {
        /// A master is killed, and its replica takes over; the killed one comes back.
        case masterKilled
        /// Slots are open between two masters, and are then given to the other one.
        case slotsMoved
    }

    private struct Move {
        let slot: Int
        let source: RedisCluster.Node
        let target: RedisCluster.Node
    }

    private let kind: Kind
    private let cluster: RedisCluster
    /// The master had not yet sent everything to its replica when it was killed.
    private(set) var lossMoment: Microseconds?
    private var moves: [Move] = []

    init(_ kind: Kind) throws {
        self.kind = kind
        cluster = try RedisCluster()
    }

    var store: String { cluster.location }
    var isMomentary: Bool { kind == .masterKilled }

    func strike(_ site: Site) throws {
        switch kind {
        case .masterKilled:
            let (master, replica) = (cluster.nodes[0], cluster.nodes[3])
            master.server.send(SIGKILL)
            lossMoment = Sample.now()
            let isTakenOver = try waitUntil(every: 20) {
                try cluster.master(of: 0, seenBy: cluster.nodes[1])?.id == replica.id
            }
            guard isTakenOver else { throw ScenarioError("the replica did not take over") }
        case .slotsMoved:
            // Those of the callers who are hot now, were, or will be while it lasts.
            let hottest = Caller.hottest(request: site.load.total)
            for number in max(0, hottest - 10)..<hottest + 30 { try open(slotOf: number) }
        }
    }

    private func open(slotOf number: Int) throws {
        let slot = try cluster.slot(of: "{api_key=\(Caller.hotKey(number))}")
        guard !moves.contains(where: { $0.slot == slot }),
            let source = try cluster.master(of: slot, seenBy: cluster.nodes[0]),
            let target = cluster.nodes.prefix(3).first(where: { $0.id != source.id })
        else { return }
        try cluster.beginMoving(slot, from: source, to: target)
        moves.append(Move(slot: slot, source: source, target: target))
    }

    func mend(_ site: Site) throws {
        switch kind {
        case .masterKilled:
            try cluster.nodes[0].server.restart()
        case .slotsMoved:
            for move in moves {
                while try cluster.moveKeys(of: move.slot, from: move.source, to: move.target) > 0 {}
                try cluster.endMoving(move.slot, from: move.source, to: move.target)
            }
        }
    }
}
