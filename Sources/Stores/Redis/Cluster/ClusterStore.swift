public import Limiters
import Platform

/// States in a Redis Cluster, each key in the node that has its slot.
///
/// A batch goes to all its nodes at once: every command is written before any answer is read. What one request meets in
/// one slot is charged all or none by one script; what it meets in several slots is looked at first, charged where all
/// of it allows, and given back where another came in between: see ``ClusterBatch``.
public final class ClusterStore: Store {
    /// How often a command is sent before it counts as failed.
    ///
    /// A slot that moved twice meanwhile takes three.
    private static let maximumRedirects = 5
    /// How long a slot counts as moving after a key of it was not where its slot is.
    private static let movingTime: Microseconds = 1_000_000
    /// The pause between two questions for the map, while it does not fit.
    private static let clusterRefreshInterval: Microseconds = 100_000

    private let location: ClusterLocation
    private let deadlines: RedisDeadlines
    private var map: ClusterMap
    private var isMapStale = true
    private var mapDue: Microseconds = 0
    private var nextTeller = 0
    /// Slots whose keys are in two places, and until when that is supposed.
    private var moving: [Int: Microseconds] = [:]
    private var command = RedisCommand(wordCount: 0)

    /// What is worth knowing of the nodes though they work: an eviction policy that drops limits; set by connecting.
    public private(set) var warning: String?

    /// A store that connects when it is first used.
    public init(_ location: ClusterLocation, deadlines: RedisDeadlines = RedisDeadlines()) {
        self.location = location
        self.deadlines = deadlines
        map = ClusterMap(location, deadlines: deadlines)
    }

    /// Why a node is away.
    public var failedPart: StoreError? { map.nodes.lazy.compactMap(\.failure).first }

    /// As ``attempt(_:)``, and fails as the first that does.
    public func charge(_ charges: [Charge]) throws(StoreError) -> [Verdict] {
        try charge(charges, clock: nil)
    }

    /// As ``charge(_:)``, by a clock of the caller's where one is given.
    package func charge(_ charges: [Charge], clock: Microseconds?) throws(StoreError) -> [Verdict] {
        var verdicts: [Verdict] = []
        verdicts.reserveCapacity(charges.count)
        for result in try attempt(charges, clock: clock) { verdicts.append(try result.get()) }
        return verdicts
    }

    /// Decides a batch by a script for each slot; a node that is away fails its own slots' charges.
    public func attempt(_ charges: [Charge]) throws(StoreError) -> [Result<Verdict, StoreError>] {
        try attempt(charges, clock: nil)
    }

    private func attempt(
        _ charges: [Charge], clock: Microseconds?
    ) throws(StoreError) -> [Result<Verdict, StoreError>] {
        try updateMap()
        var batch = ClusterBatch(charges, clock: clock, isMoving: isMoving)
        while let calls = batch.nextCalls() {
            run(calls, clock: clock)
            batch.advance(isMoving: isMoving)
        }
        return batch.results
    }

    /// Deletes each key in its node, and tells all limiters, which remember refusals.
    public func reset(_ keys: [Key]) throws(StoreError) -> Int {
        guard let first = keys.first else { return 0 }
        try updateMap()
        let calls = keys.map { ClusterCall(.forget($0), slot: ClusterSlot.of($0.bytes)) }
        run(calls, clock: nil)
        let news = ClusterCall(.tell, slot: ClusterSlot.of(first.bytes))
        run([news], clock: nil)
        _ = try news.numbers()
        var count = 0
        for call in calls { count += Int(try call.numbers()[0]) }
        return count
    }

    /// Connects to each node that has slots, and charges and deletes a key of its own there.
    ///
    /// - Throws: ``StoreError`` when no node would decide a batch now, or one of them is misconfigured.
    public func check() throws(StoreError) {
        try updateMap()
        var calls: [ClusterCall] = []
        for entry in map.nodes.compactMap({ signOfLife(of: $0) }) {
            let slot = ClusterSlot.of(entry.key.bytes)
            calls.append(ClusterCall(.charge([Charge([entry])]), slot: slot))
            calls.append(ClusterCall(.forget(entry.key), slot: slot))
        }
        run(calls, clock: nil)
        var failures: [StoreError] = []
        for call in calls {
            do throws(StoreError) { _ = try call.numbers() } catch { failures.append(error) }
        }
        guard let failure = failures.first(where: { $0.kind == .misconfigured }) ?? failures.first,
            failure.kind == .misconfigured || failures.count == calls.count
        else { return }
        throw failure
    }

    /// What a check charges to be in one of this node's slots; `nil` where it has none, or next to none.
    private func signOfLife(of node: ClusterNode) -> Charge.Entry? {
        (0..<10_000).lazy.map { Charge.Entry.signOfLife($0) }.first { [self] entry in
            map.owner(of: ClusterSlot.of(entry.key.bytes)) === node
        }
    }

    private func isMoving(_ slot: Int) -> Bool {
        guard !moving.isEmpty, let end = moving[slot] else { return false }
        if steadyMicroseconds() < end { return true }
        moving[slot] = nil
        return false
    }

    // MARK: - The map

    /// Asks a node who has which slot, where what is known does not fit.
    ///
    /// - Throws: ``StoreError`` where nothing is known and no node can be asked.
    private func updateMap() throws(StoreError) {
        // All away: their addresses may be others by now, and who put the location knows better.
        if let failure = map.nodes.first?.failure, map.nodes.allSatisfy({ $0.failure != nil }) {
            map = ClusterMap(location, deadlines: deadlines)
            throw failure
        }
        let isFitting = !isMapStale && map.nodes.allSatisfy { $0.failure == nil }
        guard !map.isKnown || (!isFitting && steadyMicroseconds() >= mapDue) else { return }
        mapDue = steadyMicroseconds() + Self.clusterRefreshInterval

        // Those that need no connecting first, and not the same one each time: one that is cut off from the others knows
        // old things.
        nextTeller += 1
        let count = map.nodes.count
        let tellers = (0..<count).map { map.nodes[($0 + nextTeller) % count] }
        var failures: [StoreError] = []
        for teller in tellers.filter(\.isConnected) + tellers.filter({ !$0.isConnected }) {
            guard !map.isKnown || teller.isConnected else { break }
            do throws(StoreError) {
                let connection = try teller.connection().connection
                map.update(by: try connection.command(["CLUSTER", "SLOTS"]).value, from: teller)
                isMapStale = false
                if map.isKnown { return }
                failures.append(StoreError(.refused, "no slot is served"))
            } catch {
                teller.fail(error)
                guard error.kind != .misconfigured else { throw error }
                failures.append(error)
            }
        }
        guard !map.isKnown else { return }
        let reasons = failures.map(\.description).joined(separator: "; ")
        throw StoreError(failures.last?.kind ?? .unreachable, "\(location) cannot be asked: \(reasons)")
    }

    // MARK: - Calls

    /// What one node is to answer, by the connection that it was asked by.
    private struct Queue {
        let node: ClusterNode
        let connection: RedisConnection
        var calls: [ClusterCall]
    }

    /// Makes the calls and sees to it that each has its outcome.
    private func run(_ calls: [ClusterCall], clock: Microseconds?) {
        var pending = calls
        for _ in 0..<Self.maximumRedirects where !pending.isEmpty {
            let queues = write(pending, clock: clock)
            for queue in queues { send(queue) }
            for queue in queues { read(queue) }
            pending = queues.flatMap(\.calls).filter { $0.outcome == nil }
        }
        for call in pending {
            call.outcome = .failed(StoreError(.refused, "\(location): slot \(call.slot) is sent from node to node"))
        }
    }

    /// Puts each command behind those for its node.
    private func write(_ calls: [ClusterCall], clock: Microseconds?) -> [Queue] {
        var queues: [Queue] = []
        for call in calls {
            guard let node = call.detour ?? map.owner(of: call.slot) else {
                isMapStale = true
                call.outcome = .failed(StoreError(.refused, "\(location): no node has slot \(call.slot)"))
                continue
            }
            do throws(StoreError) {
                let scripted = try node.connection()
                if warning == nil { warning = scripted.warning }
                if call.detour != nil { try scripted.connection.append(RedisCommand(["ASKING"])) }
                call.write(to: &command, scripted, clock: clock)
                try scripted.connection.append(command)
                if let index = queues.firstIndex(where: { $0.node === node }) {
                    queues[index].calls.append(call)
                } else {
                    queues.append(Queue(node: node, connection: scripted.connection, calls: [call]))
                }
            } catch {
                call.outcome = .failed(error)
            }
        }
        return queues
    }

    private func send(_ queue: Queue) {
        do throws(StoreError) { try queue.connection.flush() } catch { lose(queue, error) }
    }

    private func read(_ queue: Queue) {
        do throws(StoreError) {
            for call in queue.calls where call.outcome == nil { try read(call, queue) }
        } catch {
            lose(queue, error)
        }
        guard !queue.connection.isUsable, queue.node.failure == nil else { return }
        // One of its replies says that it is not the one to talk to.
        for call in queue.calls {
            if case .failed(let error) = call.outcome { queue.node.fail(error) }
        }
    }

    /// Nothing is known of what a node has not answered: it may have been run, and is not sent again.
    private func lose(_ queue: Queue, _ error: StoreError) {
        queue.node.fail(error)
        isMapStale = true
        for call in queue.calls where call.outcome == nil { call.outcome = .failed(error) }
    }

    /// Takes one answer; a call that is to be sent again has no outcome after it.
    private func read(_ call: ClusterCall, _ queue: Queue) throws(StoreError) {
        let refusal = call.detour == nil ? nil : try queue.connection.next().errorText
        let reply = try queue.connection.next()
        if let refusal {
            call.outcome = .failed(queue.connection.failure(by: refusal))
            return
        }
        guard let text = reply.errorText else {
            call.outcome = .answered(reply.numbers)
            return
        }
        let action = ReplyAction.to(text)
        let endpoint = ClusterMap.endpoint(inRedirection: text, from: queue.node)
        switch (action.command, endpoint) {
        case (.sentWhole, _):
            call.isSentWhole = true
        case (.redirected, let endpoint?):
            map.give(call.slot, to: endpoint)
            call.detour = nil
            isMapStale = true
        case (.asked, _) where !call.hasOneKey, (.takenApart, _) where !call.hasOneKey:
            moving[call.slot] = steadyMicroseconds() + Self.movingTime
            call.outcome = .takenApart
        case (.asked, let endpoint?):
            moving[call.slot] = steadyMicroseconds() + Self.movingTime
            call.detour = map.node(at: endpoint)
        case (.takenApart, _):
            call.detour = nil
        case (.fails, _), (.redirected, nil), (.asked, nil):
            call.outcome = .failed(queue.connection.failure(by: text))
            isMapStale = true
        }
    }
}
