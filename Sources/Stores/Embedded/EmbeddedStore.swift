import CLMDB
import Glibc
public import Limiters

/// States in a memory-mapped file of this machine (LMDB), shared by all its processes.
///
/// A batch is one transaction. A record is the moment from which on it may be forgotten, then the state's integers.
public final class EmbeddedStore: Store {
    /// Records looked at in one step of the sweep, and how many charged keys bring the next step on.
    private static let sweepStep = 128
    private static let sweepInterval = 64
    /// Records looked at in the last and longest step of making room: some milliseconds.
    private static let longestSweep = 32_768

    private let file: EmbeddedFile
    private var allocated = 0
    private var takesNewKeys = true
    private var keysSinceSweep = 0
    private var sweepPosition: [UInt8] = []
    private var scratch: [UInt8] = []

    /// A store in `file`, for one owner.
    public init(_ file: EmbeddedFile) {
        self.file = file
    }

    /// Decides a batch in one transaction.
    public func charge(_ charges: [Charge]) throws(StoreError) -> [Verdict] {
        do throws(StoreError) {
            return try charge(charges, clock: nil)
        } catch {
            guard error.kind == .full else { throw error }
            try makeRoom(for: charges)
            return try charge(charges, clock: nil)
        }
    }

    /// Removes the records in one transaction.
    public func reset(_ keys: [Key]) throws(StoreError) -> Int {
        var transaction = try begin()
        let now = Clock.wall()
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
        takesNewKeys = try hasRoom(for: charges)
        var transaction = try begin()
        let now = clock ?? Clock.wall()
        var verdicts: [Verdict] = []
        verdicts.reserveCapacity(charges.count)
        for charge in charges {
            verdicts.append(try self.charge(charge, now: now, transaction))
            keysSinceSweep += charge.entries.count
        }
        if keysSinceSweep >= Self.sweepInterval, clock == nil {
            keysSinceSweep = 0
            try sweep(transaction, now: now, steps: Self.sweepStep)
        }
        try transaction.commit()
        return verdicts
    }

    /// Whether a batch may add keys: the file has not grown to its size, or enough of its pages are free again.
    private func hasRoom(for charges: [Charge]) throws(StoreError) -> Bool {
        guard file.usedPages >= file.pages else { return true }
        let keyCount = charges.reduce(0) { $0 + $1.entries.count }
        return try file.freePages() >= EmbeddedFile.reserve / 4 + min(2 * keyCount, file.pages / 4)
    }

    /// Removes expired records of a full file.
    ///
    /// Removing takes pages too, and what a transaction frees is there for the next but one. So the steps begin small.
    private func makeRoom(for charges: [Charge]) throws(StoreError) {
        var steps = Self.sweepStep / 16
        while steps <= Self.longestSweep {
            if try hasRoom(for: charges) { return }
            var transaction = try begin()
            try sweep(transaction, now: Clock.wall(), steps: steps)
            try transaction.commit()
            steps *= 2
        }
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
            for (index, entry) in charge.entries.enumerated() where decisions[index].outcome == .allowed {
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
        guard takesNewKeys || !record.isAbsent else { throw Transaction.failure(MDB_MAP_FULL, file.path) }
        // The new record may take the old one's place, so the old one is copied first.
        var old: [UInt8] = []
        swap(&old, &scratch)
        defer { swap(&old, &scratch) }
        old.removeAll(keepingCapacity: true)
        old.append(contentsOf: record.state)
        let state = old.span.bytes
        let target = try transaction.reserve(key.bytes, count: 8 + change.byteCount(from: state))
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
