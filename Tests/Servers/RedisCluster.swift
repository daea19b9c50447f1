import Foundation

/// A private Redis Cluster on ports of 127.0.0.1: three masters, each with a replica, that keep nothing.
public final class RedisCluster: Sendable {
    /// One server of the cluster.
    public struct Node: Sendable {
        /// The server.
        public let server: RedisServer
        /// What the cluster calls it: 40 hexadecimal digits.
        public let id: String

        /// Where it listens.
        public var port: Int { server.port }
    }

    /// How many slots a cluster has.
    public static let slotCount = 16_384

    /// The servers: three that begin as masters, then the replica of each.
    public let nodes: [Node]

    private let folder: TemporaryFolder

    /// Starts a cluster and waits until each master has its slots and its replica.
    ///
    /// - Parameters:
    ///   - nodeTimeout: milliseconds of silence after which a node counts as failed.
    ///   - options: lines of each server's `redis.conf`.
    /// - Throws: ``ServerError`` when Redis is not installed, or does not start.
    public init(nodeTimeout: Int = 2_000, options: [String] = []) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        let ports = try (0..<6).map { _ in (client: try FreePort(), bus: try FreePort()) }
        let ids = ports.map { _ in (0..<40).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined() }
        // Written as the servers themselves would: introducing them to each other takes longer.
        for (me, port) in ports.enumerated() {
            let lines = ports.indices.map { index in
                let name = "\(ids[index]) 127.0.0.1:\(ports[index].client.number)@\(ports[index].bus.number)"
                let flag = index == me ? "myself," : ""
                let epoch = index % 3 + 1
                return index < 3
                    ? "\(name) \(flag)master - 0 0 \(epoch) connected \(Self.firstSlots(of: index))"
                    : "\(name) \(flag)slave \(ids[index - 3]) 0 0 \(epoch) connected"
            }
            let text = (lines + ["vars currentEpoch 3 lastVoteEpoch 0"]).joined(separator: "\n") + "\n"
            try folder.write(text, to: "nodes-\(port.client.number).conf")
        }
        nodes = try zip(ports, ids).map { port, id in
            let server = try RedisServer(
                .socketAnd(port.client),
                options: [
                    "cluster-enabled yes", "cluster-port \(port.bus.number)", "cluster-node-timeout \(nodeTimeout)",
                    "cluster-config-file \(folder.path("nodes-\(port.client.number).conf"))",
                    "repl-diskless-sync-delay 0", "repl-ping-replica-period 1",
                ] + options)
            return Node(server: server, id: id)
        }
        guard try waitUntil({ try isWhole }) else { throw ServerError("the Redis Cluster did not come up") }
    }

    /// The location of all its nodes, without a user.
    public var location: String {
        "redis+cluster://" + nodes.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    }

    /// Whether every node sees all slots served, and every replica follows its master.
    public var isWhole: Bool {
        get throws {
            try nodes.allSatisfy { node in
                let text = try node.server.command("CLUSTER", "INFO")
                let role = try node.server.command("INFO", "replication")
                return text.contains("cluster_state:ok") && text.contains("cluster_known_nodes:6")
                    && (role.contains("role:master") || role.contains("master_link_status:up"))
            }
        }
    }

    /// Which node serves a slot, 0 to 16,383, as `witness` sees it; `nil` while none does.
    public func master(of slot: Int, seenBy witness: Node) throws -> Node? {
        let lines = try witness.server.command("CLUSTER", "NODES").split(separator: "\n")
        let owner = lines.first { line in
            let words = line.split(separator: " ")
            return words[2].contains("master") && !words[2].contains("fail")
                && words.dropFirst(8).contains { word in
                    let ends = word.split(separator: "-").compactMap { Int($0) }
                    return ends.first.map { $0...(ends.last ?? $0) }?.contains(slot) == true
                }
        }
        return nodes.first { owner?.hasPrefix($0.id) == true }
    }

    /// The slot of a key, by a node's own reckoning.
    public func slot(of key: String) throws -> Int {
        guard let slot = Int(try nodes[0].server.command("CLUSTER", "KEYSLOT", key)) else {
            throw ServerError("CLUSTER KEYSLOT gave no number")
        }
        return slot
    }

    /// Opens a slot between two masters: keys that are there stay and answer, others are sent on with ASK.
    public func beginMoving(_ slot: Int, from source: Node, to target: Node) throws {
        try expectOK(target.server.command("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", source.id))
        try expectOK(source.server.command("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", target.id))
    }

    /// Takes keys of an open slot from one master to the other.
    ///
    /// - Parameters:
    ///   - slot: a slot that ``beginMoving(_:from:to:)`` opened.
    ///   - source: the master that has it.
    ///   - target: the master that is to have it.
    ///   - most: so many at the most.
    /// - Returns: how many were taken.
    /// - Throws: ``ServerError`` when the servers do not do it.
    @discardableResult
    public func moveKeys(
        of slot: Int, from source: Node, to target: Node, most: Int = 100
    ) throws -> Int {
        let client = try RedisClient(.socket(source.server.socket))
        let keys = try client.ask(["CLUSTER", "GETKEYSINSLOT", "\(slot)", "\(most)"])
            .split(separator: "\n").map(String.init)
        for key in keys {
            let answer = try client.ask(["MIGRATE", "127.0.0.1", "\(target.port)", key, "0", "5000"])
            // NOKEY: it has expired meanwhile.
            guard ["OK", "NOKEY"].contains(answer) else { throw ServerError("MIGRATE: \(answer)") }
        }
        return keys.count
    }

    /// Gives an open slot to the master that it was moved to, and waits until all nodes have heard of it.
    public func endMoving(_ slot: Int, from source: Node, to target: Node) throws {
        // The new owner first: else a client might be sent from one to the other and back.
        for node in [target, source] + nodes.filter({ $0.id != source.id && $0.id != target.id }) {
            let answer = try node.server.command("CLUSTER", "SETSLOT", "\(slot)", "NODE", target.id)
            // Replicas learn it from their masters.
            guard answer == "OK" || answer.contains("only with masters") else {
                throw ServerError("CLUSTER SETSLOT: \(answer)")
            }
        }
        // The slot was given in a new epoch; who moves it on before that is known everywhere, may see it taken back.
        let epoch = try self.epoch(of: target, seenBy: target)
        guard try waitUntil({ try nodes.allSatisfy { try self.epoch(of: target, seenBy: $0) == epoch } }) else {
            throw ServerError("the nodes of the cluster do not agree on who has slot \(slot)")
        }
    }

    private func epoch(of node: Node, seenBy witness: Node) throws -> Substring? {
        let lines = try witness.server.command("CLUSTER", "NODES").split(separator: "\n")
        return lines.first { $0.hasPrefix(node.id) }?.split(separator: " ")[6]
    }

    private func expectOK(_ answer: String) throws {
        guard answer == "OK" else { throw ServerError("CLUSTER SETSLOT: \(answer)") }
    }

    private static func firstSlots(of index: Int) -> String {
        let edges = [0, 5_461, 10_923, slotCount]
        return "\(edges[index])-\(edges[index + 1] - 1)"
    }
}
