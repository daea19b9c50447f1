import Foundation
import Servers
import Testing

@Suite("Limits that are spread over a Redis Cluster", .serialized)
struct ClusterLimitTests {
    /// 700 per client, and 1,000 for all together, in different slots.
    private static let rules = """
        matching: all
        # The tests compute the slots of keys.
        fingerprints: { except: [api_key] }
        policies:
          client: { limit: 700 per hour, algorithm: sliding_window }
          bucket: { limit: 700 per 300 days, algorithm: token_bucket }
          all: { limit: 1000 per hour, algorithm: sliding_window }
        rules:
          - { match: { path: /api/data }, count: api_key, policies: [client] }
          - { match: { path: /api/search }, count: api_key, policies: [client, bucket] }
          - { match: { path: /api/search }, count: everyone, policies: [all] }

        """
    /// Failures are refused, so that no request passes uncounted.
    private static let flags = ["--store-deadline", "10000", "--on-store-failure", "deny", "--loops", "2"]

    private let cluster: RedisCluster
    private let limiters: [LimiterProcess]
    private let nginx: NginxServer
    private let folder: TemporaryFolder

    init() throws {
        let cluster = try RedisCluster()
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.rules, to: "limits.yaml")
        self.cluster = cluster
        self.folder = folder
        limiters = try (0..<2).map { _ in
            try LimiterProcess(store: cluster.location, flags: Self.flags + ["--rules", path])
        }
        nginx = try NginxServer(limiters)
    }

    @Test("of 1,000 simultaneous clients of two limiters, exactly as many are admitted as the limit says")
    func thousand() throws {
        let load = try LoadProcess(url("/api/data"), key: "a", clients: 1_000, requests: 20_000)
        try #expect(admitted(by: load) == 700)
    }

    @Test("the same holds while the slot moves back and forth")
    func movingSlot() throws {
        let slot = try cluster.slot(of: "window:{api_key=a}:client")
        let load = try LoadProcess(url("/api/data"), key: "a", clients: 1_000, requests: 20_000)
        #expect(try moves(of: [slot], during: load) > 0)
        try #expect(admitted(by: load) == 700)
        #expect(try errors("ASK") + errors("MOVED") > 0)
    }

    @Test("the policies for one client and for all are charged together or not at all, even while both slots move")
    func severalSlots() throws {
        let slots = try ["window:{api_key=a}:client", "window:{all}:all"].map { try cluster.slot(of: $0) }
        let loads = try ["a", "b"].map { key in
            try LoadProcess(url("/api/search"), key: key, clients: 500, requests: 8_000)
        }
        #expect(try moves(of: slots, during: loads[0]) > 0)
        let counts = try loads.map { try self.admitted(by: $0) }
        // A request may be refused because of units that are refunded a moment later, so the last units may be left.
        #expect(counts.allSatisfy { $0 <= 700 })
        #expect(counts[0] + counts[1] <= 1_000)
        // The refunded units are there: one client after another takes all of them, and none is missing.
        let client = nginx.client()
        var admitted = counts[0] + counts[1]
        while try client.get("/api/search", headers: ["X-API-Key": "c"]).status == 200 { admitted += 1 }
        #expect(admitted == 1_000)
        for (key, count) in zip(["a", "b"], counts) {
            let left = try client.get("/api/data", headers: ["X-API-Key": key])["X-RateLimit-Remaining"]
            #expect(left == "\(max(0, 700 - count - 1))", "\(key)")
        }
    }

    @Test("peek, explain and reset work with a cluster")
    func commands() throws {
        let client = nginx.client()
        for _ in 0..<3 { _ = try client.get("/api/search", headers: ["X-API-Key": "a"]) }
        let flags = ["--store", cluster.location, "--rules", folder.path("limits.yaml")]
        let limiter = try Program(built: "fcgi-limiter")
        #expect(
            try limiter.run(["peek", "api_key=a"] + flags).text.split(separator: "\n").map { $0.prefix(25) } == [
                "client: 697 of 700 left, ", "bucket: 697 of 700 left, ",
            ])
        let explained = try limiter.run(["explain", "/api/search", "--header", "X-API-Key: a"] + flags)
        #expect(explained.text.contains("697 of 700 left"))
        #expect(explained.text.contains("997 of 1000 left"))
        #expect(
            try limiter.run(["reset", "api_key=a"] + flags).text == "reset api_key=a: 2 of 2 policies had counted it")
        #expect(try client.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Remaining"] == "699")
    }

    @Test("after a master is killed, only its clients' requests have no verdict, until its replica takes over")
    func killedMaster() throws {
        let client = nginx.client()
        let keys = (0..<30).map { "key \($0)" }
        for key in keys { #expect(try client.get("/api/data", headers: ["X-API-Key": key]).status == 200) }
        let owners = try keys.map { key in
            let name = "window:{api_key=\(key.replacing(" ", with: "%20"))}:client"
            return try cluster.master(of: cluster.slot(of: name), seenBy: cluster.nodes[0])?.id
        }
        let victim = cluster.nodes[1]
        victim.server.send(SIGKILL)
        // Until both limiters have noticed.
        for key in keys { _ = try client.get("/api/data", headers: ["X-API-Key": key]) }
        for (key, owner) in zip(keys, owners) where owner != victim.id {
            #expect(try client.get("/api/data", headers: ["X-API-Key": key]).status == 200, "\(key)")
        }
        let health = try client.get("/health")
        #expect(health.status == 200)
        #expect(try health.json()["status"] as? String == "degraded")
        let store = try #require(try health.json()["store"] as? [String: Any])
        #expect(store["state"] as? String == "degraded")
        #expect((store["error"] as? String)?.contains(":\(victim.port)") == true)
        // Less often than their limits allow.
        var isWhole = false
        for _ in 0..<600 where !isWhole {
            usleep(50_000)
            isWhole = try keys.allSatisfy { try client.get("/api/data", headers: ["X-API-Key": $0]).status == 200 }
        }
        #expect(isWhole)
        #expect(try waitUntil { try client.get("/health").json()["status"] as? String == "ok" })
        #expect(limiters.allSatisfy { $0.logLines("error").count <= 2 })
        #expect(
            waitUntil { limiters.allSatisfy { $0.logLines("notice").contains("all parts of the store answer again") } })
    }

    private func url(_ path: String) -> String { "http://127.0.0.1:\(nginx.port)\(path)" }

    /// How many requests were admitted in the end; each must have a verdict.
    private func admitted(by load: LoadProcess) throws -> Int {
        var outcome: LoadProcess.Outcome?
        #expect(
            try waitUntil {
                outcome = try load.outcome(); return outcome != nil
            })
        let end = try #require(outcome)
        for limiter in limiters {
            let metrics = try NginxServer(limiter).client().get("/metrics").json()
            #expect(metrics["failed"] as? Int == 0, "\(limiter.logText)")
        }
        return end.answers - end.refusals
    }

    /// Moves slots to the next master and on for as long as the load lasts.
    ///
    /// - Returns: how often.
    private func moves(of slots: [Int], during load: LoadProcess) throws -> Int {
        var owners = try slots.map { slot in
            let owner = try #require(try cluster.master(of: slot, seenBy: cluster.nodes[0]))
            return try #require(cluster.nodes.firstIndex { $0.id == owner.id })
        }
        var count = 0
        while try load.outcome() == nil {
            for (index, slot) in slots.enumerated() {
                // Waited for here: other nodes may take older news for the latest.
                let next = (owners[index] + 1) % 3
                let (source, target) = (cluster.nodes[owners[index]], cluster.nodes[next])
                try cluster.beginMoving(slot, from: source, to: target)
                while try cluster.moveKeys(of: slot, from: source, to: target, most: 1) > 0 {}
                try cluster.endMoving(slot, from: source, to: target)
                owners[index] = next
            }
            count += 1
        }
        return count
    }

    private func errors(_ name: String) throws -> Int {
        try cluster.nodes.reduce(0) { sum, node in
            let lines = try node.server.command("INFO", "errorstats").split(whereSeparator: \.isNewline)
            let beginning = "errorstat_\(name):count="
            let line = lines.first { $0.hasPrefix(beginning) }?.dropFirst(beginning.count)
            return sum + (line.flatMap { Int($0) } ?? 0)
        }
    }
}
