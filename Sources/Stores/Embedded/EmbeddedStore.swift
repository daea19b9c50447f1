public import Limiters
import Platform

/// States in a memory-mapped file of this machine (LMDB), shared by all its processes.
///
/// A batch is one transaction. A store that is full continues to decide for the keys that it has.
public final class EmbeddedStore: Store {
    /// How many charged keys trigger the next step of the sweep.
    private static let sweepInterval = 64
    /// Records per step before a batch for which there is little room, and the most steps before one batch.
    private static let sweepStep = 128
    private static let maximumSweepSteps = 8

    private let file: EmbeddedFile
    private var allocated = 0
    private var keysSinceSweep = 0
    private var sweepPosition: [UInt8] = []

    /// A store in `file`, for one owner.
    public init(_ file: EmbeddedFile) {
        self.file = file
    }

    /// Whether the store has no room for new keys.
    public var isFull: Bool { file.room != .ample }

    /// The used share of the room for new keys; 1 or more if there is none.
    public var usedShare: Double { file.usedShare }

    /// Decides charges for which there is no room: new keys are counted by the network of the client.
    ///
    /// - Returns: one verdict for each charge, in their order, on the entries as they were counted.
    /// - Throws: ``StoreError``.
    public func chargeNewcomers(_ charges: [Charge]) throws(StoreError) -> [Verdict] {
        var transaction = try begin()
        let now = wallMicroseconds()
        var verdicts: [Verdict] = []
        for charge in charges {
            var entries: [Charge.Entry] = []
            for entry in charge.entries {
                entries.append(try transaction.record(entry.key).isAbsent ? entry.counting(charge.network) : entry)
            }
            let counted = Charge(entries, network: charge.network)
            do throws(StoreError) {
                verdicts.append(try transaction.charge(counted, now: now))
            } catch {
                // Not even changes fit, so all entries are counted by network.
                guard error.kind == .full, !transaction.isBroken else { throw error }
                let counted = Charge(charge.entries.map { $0.counting(charge.network) }, network: charge.network)
                verdicts.append(try transaction.charge(counted, now: now))
            }
        }
        try transaction.commit()
        return verdicts
    }

    /// Gives the units back in one transaction.
    public func refund(_ refunds: [Refund], clock: Microseconds?) throws(StoreError) -> Int {
        var transaction = try begin()
        let now = clock ?? wallMicroseconds()
        var count = 0
        for refund in refunds where try transaction.refund(refund, now: now) { count += 1 }
        try transaction.commit()
        return count
    }

    /// Removes the records in one transaction.
    public func reset(_ keys: [Key]) throws(StoreError) -> Int {
        var transaction = try begin()
        let now = wallMicroseconds()
        var count = 0
        for key in keys {
            // A record that has expired and is not yet swept counts as absent.
            if try transaction.record(key).expiry > now { count += 1 }
            try transaction.remove(key)
        }
        try transaction.commit()
        return count
    }

    /// Begins and ends a transaction.
    public func check() throws(StoreError) {
        var transaction = try begin()
        try transaction.commit()
    }

    /// Decides a batch in one transaction; a charge that needs a new key fails while the store is full.
    ///
    /// Nothing is swept at a time of the caller's choice.
    public func attempt(
        _ charges: [Charge], clock: Microseconds?
    ) throws(StoreError) -> [Result<Verdict, StoreError>] {
        // Expired records may take up the room that is missing.
        for _ in 0..<Self.maximumSweepSteps where clock == nil && isFull {
            var transaction = try begin()
            sweepPosition = try transaction.sweep(from: sweepPosition, now: wallMicroseconds(), count: Self.sweepStep)
            try transaction.commit()
        }
        var transaction = try begin()
        let now = clock ?? wallMicroseconds()
        var results: [Result<Verdict, StoreError>] = []
        results.reserveCapacity(charges.count)
        for charge in charges {
            do throws(StoreError) {
                results.append(.success(try transaction.charge(charge, now: now)))
            } catch {
                guard error.kind == .full, !transaction.isBroken else { throw error }
                results.append(.failure(error))
            }
            keysSinceSweep += charge.entries.count
        }
        if keysSinceSweep >= Self.sweepInterval, clock == nil {
            // Two records for each key that may be new, so that large batches do not outrun the sweep.
            sweepPosition = try transaction.sweep(from: sweepPosition, now: now, count: 2 * keysSinceSweep)
            keysSinceSweep = 0
        }
        try transaction.commit()
        return results
    }

    /// How many records there are, including expired ones, and how many pages of the file have ever been used.
    package var usage: (records: Int, pages: Int) { (file.recordCount, file.usedPages) }

    func begin() throws(StoreError) -> Transaction {
        try file.allocate(beyond: &allocated)
        return try Transaction(file)
    }
}
