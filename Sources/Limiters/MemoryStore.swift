/// A store in memory for one owner: an actor, a lock or a test around it.
///
/// All other stores are tested against it.
///
///     var store = MemoryStore()
///     let verdict = store.charge(Charge([.init(policy, for: Identity("user", name.utf8))]), now: clock)
public struct MemoryStore: Sendable, StateAccess {
    private struct Record {
        var words: [Int64]
        var expiry: Microseconds
    }

    private var records: [Key: Record] = [:]

    /// An empty store.
    public init() {}

    /// How many keys the store holds.
    public var count: Int { records.count }

    /// Calls `body` with the state of `key`.
    public func read<Value>(_ key: Key, _ body: (State) -> Value) -> Value {
        let words = records[key]?.words ?? []
        return body(words.span.bytes)
    }

    /// Does nothing: memory has room.
    public func checkRoom(for key: Key) {}

    /// Changes the state of `key`.
    public mutating func write(_ change: Change, to key: Key) {
        records[key] = Record(words: change.words(from: records[key]?.words ?? []), expiry: change.expiry)
    }

    /// Gives units back.
    ///
    /// - Parameters:
    ///   - refund: what one policy was charged.
    ///   - now: the clock of ``StateAccess/charge(_:now:)``.
    /// - Returns: whether the state has changed.
    @discardableResult
    public mutating func refund(_ refund: Refund, now: Microseconds) -> Bool {
        guard let record = records[refund.key] else { return false }
        let words = refund.applied(to: record.words, now: now)
        records[refund.key] = words.isEmpty ? nil : Record(words: words, expiry: record.expiry)
        return words != record.words
    }

    /// Corrects what requests were charged.
    public mutating func correct(_ correction: Receipt.Correction, now: Microseconds) {
        for part in correction.refunds { refund(part, now: now) }
        for part in correction.charges { _ = charge(part, now: now) }
    }

    /// Removes every key whose quota is full again.
    ///
    /// Call it now and then in a program that has many clients.
    public mutating func sweep(now: Microseconds) {
        records = records.filter { $0.value.expiry > now }
    }
}

extension Change {
    fileprivate func words(from old: [Int64]) -> [Int64] {
        let state = old.span.bytes
        let count = byteCount(from: state) / 8
        return [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
            write(from: state, to: UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }
}
