public import Limiters
import Platform

/// States in a Redis server, shared by all limiters that use it.
///
/// A batch is a pipeline of `EVALSHA` calls of `charge.lua`, and its clock is the server's `TIME`. After a failure the next
/// use connects again; with a ``ResilientStore`` no request waits for that.
public final class RedisStore: Store {
    /// The most keys of one script, unless a single request has more.
    ///
    /// Redis serves other clients between two scripts.
    static let maximumKeysPerScript = 64
    /// The most keys that are sent before the replies are read.
    private static let maximumKeysPerRound = 1_024
    private let name: String
    private let deadlines: RedisDeadlines
    private let connect: () throws(StoreError) -> RedisConnection
    private var scripted: ScriptedConnection?
    private var command = RedisCommand(wordCount: 0)

    /// One line about a server that is not set up well, such as an eviction policy that drops limits; set by connecting.
    public private(set) var warning: String?

    /// A store that connects when it is first used.
    public init(_ location: RedisLocation, deadlines: RedisDeadlines = RedisDeadlines()) {
        name = location.description
        self.deadlines = deadlines
        connect = { () throws(StoreError) in try RedisConnection(location, deadlines: deadlines) }
    }

    /// A store in the master that Sentinels name.
    ///
    /// The Sentinels are asked whenever the store connects.
    public init(_ location: SentinelLocation, deadlines: RedisDeadlines = RedisDeadlines()) {
        name = location.description
        self.deadlines = deadlines
        let sentinels = Sentinels(location, deadlines: deadlines)
        connect = { () throws(StoreError) in try sentinels.connectMaster() }
    }

    /// Deletes the keys by one command, and publishes the reset for the limiters that have cached refusals.
    public func reset(_ keys: [Key]) throws(StoreError) -> Int {
        guard !keys.isEmpty else { return 0 }
        let count = try delete(keys)
        try connected { scripted throws(StoreError) in
            _ = try scripted.connection.command(["PUBLISH", ResetSubscription.channel, ""])
        }
        return count
    }

    /// Gives the units back with scripts of as many keys as those of a batch.
    public func refund(_ refunds: [Refund], clock: Microseconds?) throws(StoreError) -> Int {
        try connected { scripted throws(StoreError) in
            var count = 0
            for first in stride(from: 0, to: refunds.count, by: Self.maximumKeysPerScript) {
                let part = Array(refunds[first..<min(first + Self.maximumKeysPerScript, refunds.count)])
                // Whole, because a server may have lost the script.
                command.write(refunding: part, digest: nil, clock: clock)
                count += try scripted.connection.send(command).integer.map { Int($0) } ?? 0
            }
            return count
        }
    }

    /// Charges a key made for this and deletes it, which shows that the server accepts writes.
    public func check() throws(StoreError) {
        let entry = Charge.Entry.signOfLife(0)
        _ = try charge([Charge([entry])])
        _ = try delete([entry.key])
    }

    /// Reads the text by one script.
    public func sharedText(_ name: SharedText.Name, known: Int64) throws(StoreError) -> SharedText {
        try run(SharedTextCommand(name, known: known))
    }

    /// Replaces the text by one script.
    public func replaceSharedText(
        _ name: SharedText.Name, known: Int64, by bytes: [UInt8], until: Microseconds
    ) throws(StoreError) -> SharedText {
        try run(SharedTextCommand(name, known: known, replacing: (bytes, until)))
    }

    private func run(_ command: SharedTextCommand) throws(StoreError) -> SharedText {
        try connected { scripted throws(StoreError) in
            try SharedText(scripted.connection.command(command.words).value, from: name)
        }
    }

    /// Decides a batch by one script or several.
    ///
    /// Each script is due one deadline after the reply before it, so that a batch is not late by its own size, and all are
    /// due within four deadlines. Requests that the server has not decided by then fail with ``StoreError/Kind/late``. The
    /// server may still charge those that were sent. Until it has answered them nothing more is sent, and all requests fail
    /// in this way.
    public func attempt(
        _ charges: [Charge], clock: Microseconds?
    ) throws(StoreError) -> [Result<Verdict, StoreError>] {
        try connected { scripted throws(StoreError) in
            var due = ReplyDue(within: deadlines.command)
            var results: [Result<Verdict, StoreError>] = []
            results.reserveCapacity(charges.count)
            var rest = charges[...]
            let connection = scripted.connection
            while !rest.isEmpty, !connection.owesReplies, results.isEmpty || steadyMicroseconds() < due.last {
                let scripts = takeRound(from: &rest)
                try send(scripts, to: scripted, clock: clock, isWhole: false)
                var replies = try receive(scripts, connection, &due)
                // A script that the server has lost did not run, so it can be sent again as a whole.
                let lost = scripts.indices.filter { replies[$0] == .lostScript }
                if !lost.isEmpty, !connection.owesReplies {
                    let scripts = lost.map { scripts[$0] }
                    try send(scripts, to: scripted, clock: clock, isWhole: true)
                    let again = try receive(scripts, connection, &due)
                    for (index, reply) in zip(lost, again) { replies[index] = reply }
                }
                for (charges, reply) in zip(scripts, replies) { append(reply, on: charges, to: &results, due) }
            }
            for _ in rest { results.append(.failure(late(since: due.next))) }
            if case .failure(let error) = results.first, results.allSatisfy({ (try? $0.get()) == nil }) { throw error }
            return results
        }
    }

    /// Takes the next requests to send at once, as the batches of their scripts.
    private func takeRound(from rest: inout ArraySlice<Charge>) -> [ArraySlice<Charge>] {
        var scripts: [ArraySlice<Charge>] = []
        var keys = 0
        while !rest.isEmpty, keys < Self.maximumKeysPerRound {
            let script = rest.prefix(keyCount: Self.maximumKeysPerScript)
            keys += script.keyCount
            scripts.append(script)
            rest = rest[script.endIndex...]
        }
        return scripts
    }

    private func send(
        _ scripts: [ArraySlice<Charge>], to scripted: ScriptedConnection, clock: Microseconds?, isWhole: Bool
    ) throws(StoreError) {
        for charges in scripts {
            command.write(charges, digest: isWhole ? nil : scripted.chargeDigest, clock: clock)
            scripted.connection.queue(command)
        }
        try scripted.connection.flush()
    }

    /// What became of a script.
    private enum Reply: Equatable {
        /// The clock, then three numbers for each key.
        case numbers([Int64])
        /// The server does not have the script, so nothing ran.
        case lostScript
        /// There was no reply in time.
        case late
    }

    /// The replies to the scripts that come in time.
    ///
    /// - Throws: ``StoreError`` for an error reply.
    private func receive(
        _ scripts: [ArraySlice<Charge>], _ connection: RedisConnection, _ due: inout ReplyDue
    ) throws(StoreError) -> [Reply] {
        var replies: [Reply] = []
        for index in scripts.indices {
            guard let reply = try connection.next(until: due.next) else {
                connection.abandon(scripts.count - index, sent: due.sent)
                break
            }
            due.noteReply()
            if let text = reply.errorText {
                guard ReplyAction.to(text).command == .sentWhole else {
                    connection.abandon(scripts.count - index - 1, sent: due.sent)
                    throw connection.failure(by: text)
                }
                replies.append(.lostScript)
            } else {
                replies.append(.numbers(reply.numbers))
            }
        }
        return replies + Array(repeating: .late, count: scripts.count - replies.count)
    }

    private func append(
        _ reply: Reply, on charges: ArraySlice<Charge>, to results: inout [Result<Verdict, StoreError>],
        _ due: ReplyDue
    ) {
        switch reply {
        case .numbers(let numbers) where numbers.count == 1 + 3 * charges.keyCount:
            var numbers = numbers[...]
            let now = numbers.removeFirst()
            for charge in charges { results.append(.success(Verdict(on: charge, numbers: &numbers, now: now))) }
        case .numbers(let numbers):
            let error = StoreError(
                .damaged, "\(name): charge.lua returned \(numbers.count) numbers for \(charges.keyCount) keys")
            for _ in charges { results.append(.failure(error)) }
        case .late, .lostScript:
            for _ in charges { results.append(.failure(late(since: due.next))) }
        }
    }

    private func late(since deadline: Microseconds? = nil) -> StoreError {
        deadlines.late(name, due: deadline)
    }

    private func delete(_ keys: [Key]) throws(StoreError) -> Int {
        try connected { scripted throws(StoreError) in
            command.begin(wordCount: 1 + keys.count)
            command.append(Array("DEL".utf8))
            for key in keys { command.append(key.bytes) }
            return try scripted.connection.send(command).integer.map { Int($0) } ?? 0
        }
    }

    /// Calls `body` with a connection that owes no replies.
    ///
    /// A connection that is not usable afterwards is dropped.
    private func connected<Result: ~Copyable>(
        _ body: (ScriptedConnection) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let scripted: ScriptedConnection
        if let kept = self.scripted {
            scripted = kept
        } else {
            scripted = try ScriptedConnection(connect())
            warning = scripted.warning
            self.scripted = scripted
        }
        defer { if !scripted.connection.isUsable { self.scripted = nil } }
        guard try scripted.connection.dropLateReplies() else { throw late() }
        return try body(scripted)
    }
}

extension ArraySlice<Charge> {
    /// The number of keys of all charges.
    var keyCount: Int { reduce(0) { $0 + $1.entries.count } }

    /// The longest run of charges from the front that has at most so many keys; at least one charge.
    func prefix(keyCount limit: Int) -> ArraySlice<Charge> {
        var keys = 0
        var end = startIndex
        while end < endIndex, end == startIndex || keys + self[end].entries.count <= limit {
            keys += self[end].entries.count
            end += 1
        }
        return self[startIndex..<end]
    }
}
