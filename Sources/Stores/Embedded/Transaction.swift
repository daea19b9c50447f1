import CLMDB
import Limiters

/// One write transaction: the owner of an `MDB_txn`, aborted unless it is committed.
struct Transaction: ~Copyable {
    private(set) var transaction: OpaquePointer?
    let file: EmbeddedFile
    /// A cursor at the record that was looked up last, which is then changed without another search; ends with the
    /// transaction.
    private var position: OpaquePointer?
    /// The key and the record of the last look-up; `nil` after a write, which may have moved the record.
    private var found: (key: Key, record: Record)?
    /// A copy of the state that is being replaced.
    private var scratch: [UInt8] = []
    private let room: EmbeddedFile.Room

    /// Whether a write failed, so that the transaction cannot be committed.
    private(set) var isBroken = false

    /// Begins (`mdb_txn_begin`), after waiting for the transaction of any other process or loop.
    init(_ file: EmbeddedFile) throws(StoreError) {
        self.file = file
        room = file.room
        var code = mdb_txn_begin(file.environment, nil, 0, &transaction)
        if code == 0 { code = mdb_cursor_open(transaction, file.database, &position) }
        guard code == 0 else {
            if let transaction { mdb_txn_abort(transaction) }
            transaction = nil
            throw Self.failure(code, file.path)
        }
    }

    deinit {
        if let transaction { mdb_txn_abort(transaction) }
    }

    /// Makes all writes visible at once (`mdb_txn_commit`).
    mutating func commit() throws(StoreError) {
        let code = mdb_txn_commit(transaction)
        transaction = nil
        guard code == 0 else { throw Self.failure(code, file.path) }
    }

    /// The record of `key` (`mdb_cursor_get`, `MDB_SET`).
    mutating func record(_ key: Key) throws(StoreError) -> Record {
        if let found, found.key == key { return found.record }
        var value = MDB_val()
        let code = withValue(key.bytes) { mdb_cursor_get(position, &$0, &value, MDB_SET) }
        guard code == 0 || code == MDB_NOTFOUND else { throw Self.failure(code, file.path) }
        let record = code == 0 ? Record(value) : Record()
        found = (key, record)
        return record
    }

    /// Removes the record of `key`, if there is one (`mdb_del`).
    mutating func remove(_ key: Key) throws(StoreError) {
        found = nil
        let code = withValue(key.bytes) { mdb_del(transaction, file.database, &$0, nil) }
        guard code == 0 || code == MDB_NOTFOUND else { throw Self.failure(code, file.path) }
    }

    /// Removes what has expired among the next records (`mdb_cursor_del`).
    ///
    /// - Parameters:
    ///   - key: where to begin, whether or not the key is there; empty for the first of all.
    ///   - now: the clock.
    ///   - count: how many records to look at.
    /// - Returns: the key to go on from; empty after the last one.
    /// - Throws: ``StoreError`` when the file cannot be read or written.
    mutating func sweep(from key: [UInt8], now: Microseconds, count: Int) throws(StoreError) -> [UInt8] {
        found = nil
        var (current, value) = (MDB_val(), MDB_val())
        var code = withValue(key) { start in
            defer { current = start }
            return mdb_cursor_get(position, &start, &value, key.isEmpty ? MDB_FIRST : MDB_SET_RANGE)
        }
        for _ in 0..<count where code == 0 {
            if Record(value).expiry <= now { code = mdb_cursor_del(position, 0) }
            if code == 0 { code = mdb_cursor_get(position, &current, &value, MDB_NEXT) }
        }
        guard code == 0 || code == MDB_NOTFOUND else { throw Self.failure(code, file.path) }
        return code == 0 ? Array(UnsafeRawBufferPointer(start: current.mv_data, count: current.mv_size)) : []
    }

    /// The error for LMDB's error `code` in the store `path`.
    static func failure(_ code: Int32, _ path: String) -> StoreError {
        switch code {
        case MDB_MAP_FULL:
            StoreError(.full, "embedded:\(path) is full: give the store more room, as in embedded:\(path)?size=4G")
        default:
            StoreError(.damaged, "embedded:\(path): \(String(cString: mdb_strerror(code)))")
        }
    }
}

/// New clients of a network, while the file is full, have their states in a table of their own.
extension Transaction: StateAccess {
    private static let networkPrefix = Array("bucket:{\(ClientNetwork.source)=".utf8)

    /// Calls `body` with the state of `key`.
    mutating func read<Value>(_ key: Key, _ body: (State) -> Value) throws(StoreError) -> Value {
        guard !key.bytes.starts(with: Self.networkPrefix) else {
            let words = file.newcomers[key].map { [$0] } ?? []
            return body(words.span.bytes)
        }
        return body(try record(key).state.bytes)
    }

    /// Checks that the file has room for a change of `key`.
    mutating func checkRoom(for key: Key) throws(StoreError) {
        guard room != .ample, !key.bytes.starts(with: Self.networkPrefix) else { return }
        guard room == .scarce, try !record(key).isAbsent else { throw Self.failure(MDB_MAP_FULL, file.path) }
    }

    /// Writes a changed record over the old one.
    mutating func write(_ change: Change, to key: Key) throws(StoreError) {
        if key.bytes.starts(with: Self.networkPrefix) {
            var word: Int64 = 0
            try read(key) { state in withUnsafeMutableBytes(of: &word) { change.write(from: state, to: $0) } }
            file.newcomers[key] = word
            return
        }
        let record = try record(key)
        // The new record may overlap the old one, so the old one is copied first.
        var old: [UInt8] = []
        swap(&old, &scratch)
        old.removeAll(keepingCapacity: true)
        old.append(contentsOf: record.state)
        defer { swap(&old, &scratch) }
        found = nil
        let byteCount = 8 + change.byteCount(from: old.span.bytes)
        guard let target = reserve(key, byteCount, replacing: record) else {
            isBroken = true
            throw Self.failure(MDB_MAP_FULL, file.path)
        }
        target.storeBytes(of: change.expiry, as: Int64.self)
        change.write(from: old.span.bytes, to: UnsafeMutableRawBufferPointer(rebasing: target[8...]))
    }

    /// Gives units back.
    ///
    /// - Returns: whether the state has changed.
    mutating func refund(_ refund: Refund, now: Microseconds) throws(StoreError) -> Bool {
        let record = try record(refund.key)
        let (old, expiry) = (record.state.words, record.expiry)
        let words = refund.applied(to: old, now: now)
        guard words != old else { return false }
        guard !words.isEmpty else {
            try remove(refund.key)
            return true
        }
        found = nil
        guard let target = reserve(refund.key, 8 + 8 * words.count, replacing: record) else {
            isBroken = true
            throw Self.failure(MDB_MAP_FULL, file.path)
        }
        target.storeBytes(of: expiry, as: Int64.self)
        words.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: target[8...]).copyMemory(from: $0) }
        return true
    }

    /// The bytes of a new record in place of `record`, to be filled before any other write; `nil` if that fails
    /// (`mdb_cursor_put`, `MDB_RESERVE`).
    private func reserve(_ key: Key, _ byteCount: Int, replacing record: Record) -> UnsafeMutableRawBufferPointer? {
        var value = MDB_val(mv_size: byteCount, mv_data: nil)
        let flags = MDB_RESERVE | (record.isAbsent ? 0 : MDB_CURRENT)
        let code = withValue(key.bytes) { mdb_cursor_put(position, &$0, &value, UInt32(flags)) }
        return code == 0 ? UnsafeMutableRawBufferPointer(start: value.mv_data, count: byteCount) : nil
    }
}

extension UnsafeRawBufferPointer {
    /// The integers of a state.
    fileprivate var words: [Int64] {
        (0..<count / 8).map { loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self) }
    }
}

/// Calls `body` with LMDB's view of `key`.
func withValue(_ key: [UInt8], _ body: (inout MDB_val) -> Int32) -> Int32 {
    key.withUnsafeBytes { bytes in
        // LMDB does not write through a key.
        var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        return body(&value)
    }
}
