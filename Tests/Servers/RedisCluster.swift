import Foundation

/// A private Redis Cluster on ports of 127.0.0.1: three masters with a replica each, without persistence.
public final class RedisCluster: Sendable {
    /// One server of the cluster.
    public struct Node: Sendable {
        /// The server.
        public let server: RedisServer
        /// The node's id in the cluster: 40 hexadecimal digits.
        public let id: String

        /// The server's port.
        public var port: Int { server.port }
    }

    /// The number of slots in a cluster.
    public static let slotCount = 16_384

    /// The servers: three initial masters, then the replica of each.
    public let nodes: [Node]

    private let folder: TemporaryFolder
    private let certificates: Certificates?

    /// Starts a cluster and waits until each master has its slots and its replica.
    ///
    /// - Parameters:
    ///   - nodeTimeout: milliseconds of silence after which a node counts as failed.
    ///   - options: lines of each server's `redis.conf`.
    ///   - certificates: where the nodes get certificates; `nil` for nodes without TLS.
    /// - Throws: ``ServerError`` when Redis is not installed, or does not start.
    public init(nodeTimeout: Int = 2_000, options: [String] = [], certificates: Certificates? = nil) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        self.certificates = certificates
        let ports = try (0..<6).map { _ in try ClusterPorts() }
        let ids = ports.map { _ in (0..<40).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined() }
        // Writes nodes.conf as the servers would, because introducing them to each other takes longer.
        for (me, port) in ports.enumerated() {
            let lines = ports.indices.map { index in
                let name = "\(ids[index]) 127.0.0.1:\(ports[index].client.number)@\(ports[index].bus)"
                let flag = index == me ? "myself," : ""
                let epoch = index % 3 + 1
                return index < 3
                    ? "\(name) \(flag)master - 0 0 \(epoch) connected \(Self.firstSlots(of: index))"
                    : "\(name) \(flag)slave \(ids[index - 3]) 0 0 \(epoch) connected"
            }
            let text = (lines + ["vars currentEpoch 3 lastVoteEpoch 0"]).joined(separator: "\n") + "\n"
            try folder.write(text, to: "nodes-\(port.client.number).conf")
        }
        let certificate = try certificates?.issue()
        nodes = try zip(ports, ids).map { port, id in
            let server = try RedisServer(
                .socketAnd(port.client),
                options: [
                    "cluster-enabled yes", "cluster-node-timeout \(nodeTimeout)",
                    "cluster-config-file \(folder.path("nodes-\(port.client.number).conf"))",
                    "repl-diskless-sync-delay 0", "repl-ping-replica-period 1",
                ] + port.options + options
                    + (certificates?.options(only: port.client, certificate) ?? []))
            return Node(server: server, id: id)
        }
        guard try waitUntil({ try isWhole }) else { throw ServerError("the Redis Cluster did not come up") }
    }

    /// The store address of all nodes, without a user.
    public var location: String {
        (certificates == nil ? "redis" : "rediss") + "+cluster://"
            + nodes.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") + (certificates?.query ?? "")
    }

    /// Whether every node sees all slots served and every replica follows its master.
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

    /// The node that serves a slot from 0 to 16,383, according to `witness`; `nil` while none does.
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

    /// The slot of a key, computed by a node.
    public func slot(of key: String) throws -> Int {
        guard let slot = Int(try nodes[0].server.command("CLUSTER", "KEYSLOT", key)) else {
            throw ServerError("CLUSTER KEYSLOT gave no number")
        }
        return slot
    }

    /// Starts the migration of a slot: keys that are still there are served, others are redirected with ASK.
    public func beginMoving(_ slot: Int, from source: Node, to target: Node) throws {
        try expectOK(target.server.command("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", source.id))
        try expectOK(source.server.command("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", target.id))
    }

    /// Moves keys of a migrating slot from one master to the other.
    ///
    /// - Parameters:
    ///   - slot: a slot passed to ``beginMoving(_:from:to:)``.
    ///   - source: the master that has the slot.
    ///   - target: the master that gets the slot.
    ///   - most: the maximum number of keys.
    /// - Returns: the number of moved keys.
    /// - Throws: ``ServerError`` when a server refuses.
    @discardableResult
    public func moveKeys(
        of slot: Int, from source: Node, to target: Node, most: Int = 100
    ) throws -> Int {
        let client = try RedisClient(.socket(source.server.socket))
        let keys = try client.ask(["CLUSTER", "GETKEYSINSLOT", "\(slot)", "\(most)"])
            .split(separator: "\n").map(String.init)
        for key in keys {
            let answer = try client.ask(["MIGRATE", "127.0.0.1", "\(target.port)", key, "0", "5000"])
            // NOKEY: the key has expired in the meantime.
            guard ["OK", "NOKEY"].contains(answer) else { throw ServerError("MIGRATE: \(answer)") }
        }
        return keys.count
    }

    /// Finishes the migration of a slot, and waits until all nodes know its new master.
    public func endMoving(_ slot: Int, from source: Node, to target: Node) throws {
        // The new owner first, so that no client is redirected back and forth.
        for node in [target, source] + nodes.filter({ $0.id != source.id && $0.id != target.id }) {
            let answer = try node.server.command("CLUSTER", "SETSLOT", "\(slot)", "NODE", target.id)
            // Replicas learn of it from their masters.
            guard answer == "OK" || answer.contains("only with masters") else {
                throw ServerError("CLUSTER SETSLOT: \(answer)")
            }
        }
        // The change has a new epoch. Moving the slot again before all nodes know that epoch could be reverted.
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
