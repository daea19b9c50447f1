import CLMDB
import Glibc
public import Limiters
import Platform

/// States in a memory-mapped file of this machine (LMDB), shared by all its processes.
///
/// A batch is one transaction. A record is the moment from which on it may be forgotten, then the state's integers.
public final class EmbeddedStore: Store {
    /// How many charged keys bring the next step of the sweep on.
    private static let sweepInterval = 64
    /// Records looked at in one step before a batch for which there is little room, and how many such steps there may be.
    private static let sweepStep = 128
    private static let mostSweepSteps = 8

    private let file: EmbeddedFile
    private var allocated = 0
    private var room = EmbeddedFile.Room.ample
    private var keysSinceSweep = 0
    private var sweepPosition: [UInt8] = []
    private var scratch: [UInt8] = []

    /// A store in `file`, for one owner.
    public init(_ file: EmbeddedFile) {
        self.file = file
    }

    /// Decides a batch in one transaction.
    public func charge(_ charges: [Charge]) throws(StoreError) -> [Verdict] {
        // What has expired may have the room that is missing.
        for _ in 0..<Self.mostSweepSteps where file.room != .ample {
            var transaction = try begin()
            try sweep(transaction, now: wallMicroseconds(), steps: Self.sweepStep)
            try transaction.commit()
        }
        return try charge(charges, clock: nil)
    }

    /// Removes the records in one transaction.
    public func reset(_ keys: [Key]) throws(StoreError) -> Int {
        var transaction = try begin()
        let now = wallMicroseconds()
        var count = 0
        for key in keys {
            // Expired and not yet swept is as good as absent.
            if try transaction.record(key.bytes).expiry > now { count += 1 }
            try transaction.remove(key.bytes)
        }
        try transaction.commit()
        return count
    }

    /// Begins and ends a transaction.
    public func check() throws(StoreError) {
        var transaction = try begin()
        try transaction.commit()
    }

    /// As ``charge(_:)``, by a clock of the caller's where one is given; then nothing is swept.
    package func charge(_ charges: [Charge], clock: Microseconds?) throws(StoreError) -> [Verdict] {
        room = file.room
        guard room != .none else { throw full() }
        var transaction = try begin()
        let now = clock ?? wallMicroseconds()
        var verdicts: [Verdict] = []
        verdicts.reserveCapacity(charges.count)
        for charge in charges {
            verdicts.append(try self.charge(charge, now: now, transaction))
            keysSinceSweep += charge.entries.count
        }
        if keysSinceSweep >= Self.sweepInterval, clock == nil {
            // Two for each key that may be new, so that large batches do not outrun the sweep.
            try sweep(transaction, now: now, steps: 2 * keysSinceSweep)
            keysSinceSweep = 0
        }
        try transaction.commit()
        return verdicts
    }

    /// How many records there are, expired ones among them, and how many pages of the file have ever been used.
    package var usage: (records: Int, pages: Int) {
        var statistics = MDB_stat()
        mdb_env_stat(file.environment, &statistics)
        return (statistics.ms_entries, file.usedPages)
    }

    private func charge(
        _ charge: Charge, now: Microseconds, _ transaction: borrowing Transaction
    ) throws(StoreError) -> Verdict {
        var decisions: [Decision] = []
        decisions.reserveCapacity(charge.entries.count)
        if charge.entries.count == 1 {
            let entry = charge.entries[0]
            let record = try transaction.record(entry.key.bytes)
            let (decision, change) = entry.policy.quota.decide(record.state.bytes, now: now, cost: entry.cost)
            decisions.append(decision)
            if !change.isNone { try write(change, to: entry.key, from: record, transaction) }
            return Verdict(decisions, on: charge, now: now)
        }

        var changes: [Change] = []
        changes.reserveCapacity(charge.entries.count)
        for entry in charge.entries {
            let record = try transaction.record(entry.key.bytes)
            let (decision, change) = entry.policy.quota.decide(record.state.bytes, now: now, cost: entry.cost)
            decisions.append(decision)
            changes.append(change)
        }
        let verdict = Verdict(decisions, on: charge, now: now)
        guard verdict.isAllowed else {
            // Nothing is taken, so what is left is what a peek finds.
            for (index, entry) in charge.entries.enumerated() where decisions[index].admission == .allowed {
                let record = try transaction.record(entry.key.bytes)
                decisions[index] = entry.policy.quota.decide(record.state.bytes, now: now, cost: 0).0
            }
            return Verdict(decisions, on: charge, now: now)
        }
        for (entry, change) in zip(charge.entries, changes) where !change.isNone {
            // Read again: a write may have moved it.
            let record = try transaction.record(entry.key.bytes)
            try write(change, to: entry.key, from: record, transaction)
        }
        return verdict
    }

    private func write(
        _ change: Change, to key: Key, from record: Record, _ transaction: borrowing Transaction
    ) throws(StoreError) {
        guard room == .ample || !record.isAbsent else { throw full() }
        // The new record may take the old one's place, so the old one is copied first.
        var old: [UInt8] = []
        swap(&old, &scratch)
        defer { swap(&old, &scratch) }
        old.removeAll(keepingCapacity: true)
        old.append(contentsOf: record.state)
        let state = old.span.bytes
        let target = try transaction.reserve(
            key.bytes, count: 8 + change.byteCount(from: state), replacing: record)
        target.storeBytes(of: change.expiry, as: Int64.self)
        change.write(from: state, to: UnsafeMutableRawBufferPointer(rebasing: target[8...]))
    }

    /// Looks at the next records in the order of keys and removes those that have expired.
    private func sweep(_ transaction: borrowing Transaction, now: Microseconds, steps: Int) throws(StoreError) {
        var cursor = try transaction.cursor(from: sweepPosition)
        var left = steps
        while left > 0, let record = cursor.record {
            if record.expiry <= now { try cursor.remove() }
            try cursor.advance()
            left -= 1
        }
        // At the end it starts over.
        sweepPosition = cursor.key
    }

    private func full() -> StoreError { Transaction.failure(MDB_MAP_FULL, file.path) }

    private func begin() throws(StoreError) -> Transaction {
        try allocate()
        return try Transaction(file)
    }

    /// Makes sure that the disk has the blocks that the next batch may write.
    ///
    /// The map is sparse: a block that the disk cannot give would be a SIGBUS in the middle of a batch.
    private func allocate() throws(StoreError) {
        var info = MDB_envinfo()
        mdb_env_info(file.environment, &info)
        let used = (info.me_last_pgno + 1) * 4_096
        let wanted = min(used + EmbeddedFile.headroom, info.me_mapsize)
        guard wanted > allocated else { return }
        // A further headroom each time, so that this is rare.
        let goal = min(wanted + EmbeddedFile.headroom, info.me_mapsize)
        var descriptor: Int32 = 0
        mdb_env_get_fd(file.environment, &descriptor)
        let code = posix_fallocate(descriptor, 0, goal)
        guard code == 0 else { throw EmbeddedFile.unusable(file.path, code) }
        allocated = goal
    }
}
