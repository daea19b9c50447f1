public import Limiters

/// States in a Redis server, shared by all that use it.
///
/// A batch is one `EVALSHA` of `charge.lua`; its clock is `TIME`. After a failure the next use connects anew: who must not
/// wait for that asks behind a ``CircuitBreaker``.
public final class RedisStore: Store {
    private let name: String
    private let connectAnew: () throws(StoreError) -> RedisConnection
    private var scripted: ScriptedConnection?
    private var command = RedisCommand(wordCount: 0)

    /// What is worth knowing of the server though it works: an eviction policy that drops limits; set by connecting.
    public private(set) var warning: String?

    /// A store that connects when it is first used.
    public init(_ location: RedisLocation, deadlines: RedisDeadlines = RedisDeadlines()) {
        name = location.description
        connectAnew = { () throws(StoreError) in try RedisConnection(location, deadlines: deadlines) }
    }

    /// A store in the master that Sentinels name, asked whenever it connects.
    public init(_ location: SentinelLocation, deadlines: RedisDeadlines = RedisDeadlines()) {
        name = location.description
        let sentinels = Sentinels(location, deadlines: deadlines)
        connectAnew = { () throws(StoreError) in try sentinels.connectMaster() }
    }

    /// Decides a batch by one script.
    public func charge(_ charges: [Charge]) throws(StoreError) -> [Verdict] {
        try charge(charges, clock: nil)
    }

    /// Deletes the keys by one command, and tells all limiters, which remember refusals.
    public func reset(_ keys: [Key]) throws(StoreError) -> Int {
        guard !keys.isEmpty else { return 0 }
        let count = try delete(keys)
        try connected { scripted throws(StoreError) in
            _ = try scripted.connection.command(["PUBLISH", ResetSubscription.channel, ""])
        }
        return count
    }

    /// Charges a key of its own and deletes it: so it is known whether the server takes writes.
    public func check() throws(StoreError) {
        let entry = Charge.Entry.signOfLife(0)
        _ = try charge([Charge([entry])], clock: nil)
        _ = try delete([entry.key])
    }

    /// As ``charge(_:)``, by a clock of the caller's where one is given.
    package func charge(_ charges: [Charge], clock: Microseconds?) throws(StoreError) -> [Verdict] {
        try connected { scripted throws(StoreError) in
            command.write(charges, digest: scripted.chargeDigest, clock: clock)
            let reply = try send(to: scripted) { $0.write(charges, digest: nil, clock: clock) }
            return try verdicts(on: charges, from: reply)
        }
    }

    /// Gives back what requests took; as the store's clock, or by a clock of the caller's.
    ///
    /// - Returns: how many keys have changed.
    package func refund(_ taken: [Refund], clock: Microseconds? = nil) throws(StoreError) -> Int {
        try connected { scripted throws(StoreError) in
            command.write(refunding: taken, digest: scripted.refundDigest, clock: clock)
            let reply = try send(to: scripted) { $0.write(refunding: taken, digest: nil, clock: clock) }
            return reply.integer.map { Int($0) } ?? 0
        }
    }

    private func delete(_ keys: [Key]) throws(StoreError) -> Int {
        try connected { scripted throws(StoreError) in
            command.begin(wordCount: 1 + keys.count)
            command.append(Array("DEL".utf8))
            for key in keys { command.append(key.bytes) }
            return try scripted.connection.send(command).integer.map { Int($0) } ?? 0
        }
    }

    /// Sends the command, a script by its digest; where the server has lost the script, what `whole` writes.
    private func send(
        to scripted: ScriptedConnection, whole: (inout RedisCommand) -> Void
    ) throws(StoreError) -> RedisReply {
        try scripted.connection.append(command)
        let reply = try scripted.connection.next()
        guard let text = reply.errorText else { return reply }
        // Nothing ran, so sending it whole counts nothing twice.
        guard ReplyAction.to(text).command == .sentWhole else { throw scripted.connection.failure(by: text) }
        whole(&command)
        return try scripted.connection.send(command)
    }

    /// Calls `body` with a connection, which is let go of when it is not usable afterwards.
    private func connected<Result: ~Copyable>(
        _ body: (ScriptedConnection) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let scripted: ScriptedConnection
        if let kept = self.scripted {
            scripted = kept
        } else {
            scripted = try ScriptedConnection(connectAnew())
            warning = scripted.warning
            self.scripted = scripted
        }
        defer { if !scripted.connection.isUsable { self.scripted = nil } }
        return try body(scripted)
    }

    private func verdicts(on charges: [Charge], from reply: consuming RedisReply) throws(StoreError) -> [Verdict] {
        let keyCount = charges.reduce(0) { $0 + $1.entries.count }
        guard reply.count == 1 + 3 * keyCount else {
            throw StoreError(.damaged, "\(name): charge.lua gave \(reply.count) numbers for \(keyCount) keys")
        }
        let now = reply.integer(at: 0)
        var next = 1
        var verdicts: [Verdict] = []
        verdicts.reserveCapacity(charges.count)
        for charge in charges {
            var decisions: [Decision] = []
            decisions.reserveCapacity(charge.entries.count)
            for entry in charge.entries {
                decisions.append(
                    Decision(
                        entry, wait: reply.integer(at: next), remaining: reply.integer(at: next + 1),
                        resetAfter: reply.integer(at: next + 2)))
                next += 3
            }
            verdicts.append(Verdict(decisions, on: charge, now: now))
        }
        return verdicts
    }
}
