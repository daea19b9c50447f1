public import Limiters

/// States in a Redis server, shared by all that use it.
///
/// A batch is one `EVALSHA` of `charge.lua`; its clock is `TIME`. After a failure the next use connects anew: who must not
/// wait for that asks behind a ``CircuitBreaker``.
public final class RedisStore: Store {
    private static let byDigest = Array("EVALSHA".utf8)
    private static let whole = Array("EVAL".utf8)

    private let location: RedisLocation
    private let deadlines: RedisDeadlines
    private var connection: RedisConnection?
    private var command = RedisCommand(wordCount: 0)
    private var scriptDigest: [UInt8] = []

    /// What is worth knowing of the server though it works: an eviction policy that drops limits; set by connecting.
    public private(set) var warning: String?

    /// A store that connects when it is first used.
    public init(_ location: RedisLocation, deadlines: RedisDeadlines = RedisDeadlines()) {
        self.location = location
        self.deadlines = deadlines
    }

    /// Decides a batch by one script.
    public func charge(_ charges: [Charge]) throws(StoreError) -> [Verdict] {
        try charge(charges, clock: nil)
    }

    /// Deletes the keys by one command.
    public func reset(_ keys: [Key]) throws(StoreError) -> Int {
        guard !keys.isEmpty else { return 0 }
        return try connected { connection throws(StoreError) in
            command.begin(wordCount: 1 + keys.count)
            command.append(Array("DEL".utf8))
            for key in keys { command.append(key.bytes) }
            return try connection.send(command).integer.map { Int($0) } ?? 0
        }
    }

    /// Has the script decide nothing.
    public func check() throws(StoreError) {
        _ = try charge([], clock: nil)
    }

    /// As ``charge(_:)``, by a clock of the caller's where one is given.
    package func charge(_ charges: [Charge], clock: Microseconds?) throws(StoreError) -> [Verdict] {
        try connected { connection throws(StoreError) in
            try evaluate(charges, clock: clock, on: connection)
        }
    }

    /// Calls `body` with a connection, which is let go of when that fails.
    private func connected<Result>(
        _ body: (RedisConnection) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let connection = try connect()
        do throws(StoreError) {
            return try body(connection)
        } catch {
            self.connection = nil
            throw error
        }
    }

    private func evaluate(
        _ charges: [Charge], clock: Microseconds?, on connection: RedisConnection
    ) throws(StoreError) -> [Verdict] {
        write(charges, clock: clock, verb: Self.byDigest, script: scriptDigest)
        do throws(StoreError) {
            return try verdicts(on: charges, from: connection.send(command))
        } catch {
            guard error.kind == .refused, error.description.contains("answered: NOSCRIPT") else { throw error }
            // Nothing ran, so sending it whole counts nothing twice.
            write(charges, clock: clock, verb: Self.whole, script: PackageResources.charge_lua)
            return try verdicts(on: charges, from: connection.send(command))
        }
    }

    private func write(_ charges: [Charge], clock: Microseconds?, verb: [UInt8], script: [UInt8]) {
        let keyCount = charges.reduce(0) { $0 + $1.entries.count }
        command.begin(wordCount: 3 + 2 * keyCount + (clock == nil ? 0 : 1))
        command.append(verb)
        command.append(script)
        command.append(number: Int64(keyCount))
        for charge in charges {
            for entry in charge.entries { command.append(entry.key.bytes) }
        }
        for charge in charges {
            var joint = UInt8(ascii: "-")
            for entry in charge.entries {
                command.append(writing: { $0.appendAsk(entry.policy, cost: entry.cost, joint: joint) })
                joint = UInt8(ascii: "+")
            }
        }
        if let clock { command.append(number: clock) }
    }

    private func verdicts(on charges: [Charge], from reply: consuming RedisReply) throws(StoreError) -> [Verdict] {
        let keyCount = charges.reduce(0) { $0 + $1.entries.count }
        guard reply.count == 1 + 3 * keyCount else {
            throw StoreError(.damaged, "\(location): charge.lua gave \(reply.count) numbers for \(keyCount) keys")
        }
        let now = reply.integer(at: 0)
        var next = 1
        var verdicts: [Verdict] = []
        verdicts.reserveCapacity(charges.count)
        for charge in charges {
            var decisions: [Decision] = []
            decisions.reserveCapacity(charge.entries.count)
            for entry in charge.entries {
                let wait = reply.integer(at: next)
                decisions.append(
                    Decision(
                        outcome: wait == 0 ? .allowed : wait < 0 ? .impossible : .refused(retryAfter: wait),
                        limit: entry.policy.quota.limit, remaining: reply.integer(at: next + 1),
                        resetAfter: reply.integer(at: next + 2)
                    ))
                next += 3
            }
            verdicts.append(Verdict(decisions, on: charge, now: now))
        }
        return verdicts
    }

    private func connect() throws(StoreError) -> RedisConnection {
        if let connection { return connection }
        let made = try RedisConnection(location, deadlines: deadlines)
        let script = String(decoding: PackageResources.charge_lua, as: UTF8.self)
        scriptDigest = Array(try made.command(["SCRIPT", "LOAD", script]).text.utf8)
        warning = evictionWarning(made)
        connection = made
        return made
    }

    /// Redis may be set to drop keys when its memory is full: then limits are forgotten.
    ///
    /// A server that does not let this user ask gives no warning.
    private func evictionWarning(_ connection: RedisConnection) -> String? {
        guard let policy = try? connection.command(["CONFIG", "GET", "maxmemory-policy"]), policy.count == 2 else {
            return nil
        }
        let name = policy.text(at: 1)
        return name == "noeviction" || name.isEmpty
            ? nil
            : "\(location): maxmemory-policy is \(name), which may drop limits when memory is full: set it to noeviction"
    }
}

extension RedisCommand {
    /// What `charge.lua` is asked of one key.
    fileprivate mutating func appendAsk(_ policy: Policy, cost: Int64, joint: UInt8) {
        append(byte: policy.quota.algorithm == .tokenBucket ? UInt8(ascii: "b") : UInt8(ascii: "w"))
        append(byte: UInt8(ascii: " "))
        appendDigits(policy.quota.limit)
        append(byte: UInt8(ascii: " "))
        appendDigits(policy.quota.window)
        append(byte: UInt8(ascii: " "))
        appendDigits(cost)
        append(byte: UInt8(ascii: " "))
        append(byte: policy.mode == .enforced ? UInt8(ascii: "e") : UInt8(ascii: "s"))
        append(byte: joint)
    }
}
