public import Limiters

/// States in a Redis Cluster, each key in the node that owns its slot.
///
/// A batch goes to all its nodes at once. The policies of one request that are in one slot are charged all or none by one
/// script. Policies in several slots are looked at first, charged if all allow, and refunded if another request came in
/// between: see ``ClusterRequest``.
public final class ClusterStore: Store {
    private let router: ClusterRouter
    private var pipeline: ClusterPipeline

    /// A store that connects when it is first used.
    public init(_ location: ClusterLocation, deadlines: RedisDeadlines = RedisDeadlines()) {
        router = ClusterRouter(location, deadlines: deadlines)
        pipeline = ClusterPipeline(location, deadlines: deadlines, router)
    }

    /// One line about a node that is not set up well, such as an eviction policy that drops limits; set by connecting.
    public var warning: String? { pipeline.warning }

    /// Why a node is unavailable.
    public var failedPart: StoreError? { router.failure }

    /// Decides a batch.
    ///
    /// The charges that need a node that is down or late fail.
    ///
    /// - Throws: ``StoreError`` if no node decides anything.
    public func attempt(
        _ charges: [Charge], clock: Microseconds?
    ) throws(StoreError) -> [Result<Verdict, StoreError>] {
        try router.refresh()
        var batch = ClusterBatch(charges, clock: clock, isMoving: router.isMoving)
        while let calls = batch.nextCalls() {
            pipeline.run(calls, clock: clock)
            batch.advance(isMoving: router.isMoving)
        }
        return batch.results
    }

    /// Gives units back by a script for each key, because a slot may be moving.
    public func refund(_ refunds: [Refund], clock: Microseconds?) throws(StoreError) -> Int {
        try router.refresh()
        let calls = refunds.map { ClusterCall(.refund([$0]), slot: ClusterSlot.of($0.key.bytes)) }
        pipeline.run(calls, clock: clock)
        var count = 0
        for call in calls { count += Int(try call.numbers()[0]) }
        return count
    }

    /// Deletes each key in its node, and publishes the reset for the limiters that have cached refusals.
    public func reset(_ keys: [Key]) throws(StoreError) -> Int {
        guard let first = keys.first else { return 0 }
        try router.refresh()
        let calls = keys.map { ClusterCall(.delete($0), slot: ClusterSlot.of($0.bytes)) }
        pipeline.run(calls, clock: nil)
        let message = ClusterCall(.publishReset, slot: ClusterSlot.of(first.bytes))
        pipeline.run([message], clock: nil)
        _ = try message.numbers()
        var count = 0
        for call in calls { count += Int(try call.numbers()[0]) }
        return count
    }

    /// Reads the text in the node that has it.
    public func sharedText(_ name: SharedText.Name, known: Int64) throws(StoreError) -> SharedText {
        try run(SharedTextCommand(name, known: known))
    }

    /// Replaces the text in the node that has it.
    public func replaceSharedText(
        _ name: SharedText.Name, known: Int64, by bytes: [UInt8], until: Microseconds
    ) throws(StoreError) -> SharedText {
        try run(SharedTextCommand(name, known: known, replacing: (bytes, until)))
    }

    private func run(_ command: SharedTextCommand) throws(StoreError) -> SharedText {
        try router.refresh()
        let call = ClusterCall(.sharedText(command), slot: ClusterSlot.of(command.key))
        pipeline.run([call], clock: nil)
        return try SharedText(call.value(), from: "the cluster")
    }

    /// Connects to each node that has slots, and charges and deletes a key made for this in each of them.
    ///
    /// - Throws: ``StoreError`` when no node would decide a batch now, or when one of them is misconfigured.
    public func check() throws(StoreError) {
        try router.refresh()
        var calls: [ClusterCall] = []
        for entry in router.map.nodes.compactMap({ signOfLife(of: $0) }) {
            let slot = ClusterSlot.of(entry.key.bytes)
            calls.append(ClusterCall(.charge([Charge([entry])]), slot: slot))
            calls.append(ClusterCall(.delete(entry.key), slot: slot))
        }
        pipeline.run(calls, clock: nil)
        var failures: [StoreError] = []
        for call in calls {
            do throws(StoreError) { _ = try call.numbers() } catch { failures.append(error) }
        }
        guard let failure = failures.first(where: { $0.kind == .misconfigured }) ?? failures.first,
            failure.kind == .misconfigured || failures.count == calls.count
        else { return }
        throw failure
    }

    /// An entry whose key is in one of this node's slots; `nil` if the node has no slots, or hardly any.
    private func signOfLife(of node: ClusterNode) -> Charge.Entry? {
        (0..<10_000).lazy.map { Charge.Entry.signOfLife($0) }.first { [router] entry in
            router.map.owner(of: ClusterSlot.of(entry.key.bytes)) === node
        }
    }
}
