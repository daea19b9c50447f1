import Foundation
import Servers

/// A fault of a Redis Cluster.
final class ClusterFault: Fault {
    /// The kind of fault.
    enum Kind: Sendable {
        /// A master is killed, its replica takes over, and the old master comes back.
        case masterKilled
        /// Slots stay half-migrated between two masters, and then move to the other one.
        case slotsMoved
    }

    private struct Move {
        let slot: Int
        let source: RedisCluster.Node
        let target: RedisCluster.Node
    }

    private let kind: Kind
    private let cluster: RedisCluster
    /// The killed master had not yet replicated everything.
    private(set) var lossMoment: Microseconds?
    private var moves: [Move] = []

    init(_ kind: Kind, _ course: Course) throws {
        self.kind = kind
        cluster = try RedisCluster(certificates: course.certificates)
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
            // The slots of callers that were, are or will be hot during the fault.
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
