import CLMDB
import Limiters

/// What is stored under a key: bytes of the map, valid until the transaction writes or ends.
struct Record {
    private let bytes: UnsafeRawBufferPointer

    init(_ value: MDB_val) {
        bytes = UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
    }

    /// No record.
    init() {
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Whether there is none.
    var isAbsent: Bool { bytes.isEmpty }

    /// From this moment on the record may be forgotten.
    var expiry: Microseconds { bytes.count < 8 ? 0 : bytes.loadUnaligned(as: Int64.self) }

    /// The bytes of the state: none where there is no record.
    var state: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes.dropFirst(8)) }
}

/// One write transaction: the owner of an `MDB_txn`, aborted where it is not committed.
struct Transaction: ~Copyable {
    private var transaction: OpaquePointer?
    private let database: MDB_dbi
    private let path: String
    /// Where the last record was looked for, so that it is changed without looking again; it ends with the transaction.
    private var place: OpaquePointer?

    /// Begins (`mdb_txn_begin`); waits while another process or loop is within one.
    init(_ file: EmbeddedFile) throws(StoreError) {
        database = file.database
        path = file.path
        var code = mdb_txn_begin(file.environment, nil, 0, &transaction)
        if code == 0 { code = mdb_cursor_open(transaction, database, &place) }
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
        guard code == 0 else { throw Self.failure(code, path) }
    }

    /// The record under `key` (`mdb_cursor_get`, `MDB_SET`).
    func record(_ key: [UInt8]) throws(StoreError) -> Record {
        var value = MDB_val()
        let code = withValue(key) { mdb_cursor_get(place, &$0, &value, MDB_SET) }
        if code == MDB_NOTFOUND { return Record() }
        guard code == 0 else { throw Self.failure(code, path) }
        return Record(value)
    }

    /// Room for `count` bytes in place of `record`, which was looked for last, under `key`; to be written before anything
    /// else is (`mdb_cursor_put`, `MDB_RESERVE`).
    func reserve(_ key: [UInt8], count: Int, replacing record: Record) throws(StoreError)
        -> UnsafeMutableRawBufferPointer
    {
        var value = MDB_val(mv_size: count, mv_data: nil)
        let flags = MDB_RESERVE | (record.isAbsent ? 0 : MDB_CURRENT)
        let code = withValue(key) { mdb_cursor_put(place, &$0, &value, UInt32(flags)) }
        guard code == 0 else { throw Self.failure(code, path) }
        return UnsafeMutableRawBufferPointer(start: value.mv_data, count: count)
    }

    /// Removes the record under `key`, if there is one (`mdb_del`).
    func remove(_ key: [UInt8]) throws(StoreError) {
        let code = withValue(key) { mdb_del(transaction, database, &$0, nil) }
        guard code == 0 || code == MDB_NOTFOUND else { throw Self.failure(code, path) }
    }

    /// A cursor at the first key that is not before `key` (`mdb_cursor_open`, `MDB_SET_RANGE`).
    func cursor(from key: [UInt8]) throws(StoreError) -> Cursor {
        var opened: OpaquePointer?
        let code = mdb_cursor_open(transaction, database, &opened)
        guard code == 0, let opened else { throw Self.failure(code, path) }
        return try Cursor(opened, from: key, path: path)
    }

    static func failure(_ code: Int32, _ path: String) -> StoreError {
        switch code {
        case MDB_MAP_FULL:
            StoreError(.full, "embedded:\(path) is full: give it more room with --store embedded:\(path)?size=4G")
        default:
            StoreError(.damaged, "embedded:\(path): \(String(cString: mdb_strerror(code)))")
        }
    }
}

/// A place among the keys: the owner of an `MDB_cursor`.
struct Cursor: ~Copyable {
    private let cursor: OpaquePointer
    private let path: String
    private var current = MDB_val()
    private var value: MDB_val?

    fileprivate init(_ cursor: OpaquePointer, from key: [UInt8], path: String) throws(StoreError) {
        self.cursor = cursor
        self.path = path
        let operation = key.isEmpty ? MDB_FIRST : MDB_SET_RANGE
        var found = MDB_val()
        var keyValue = MDB_val()
        let code = withValue(key) {
            let code = mdb_cursor_get(cursor, &$0, &found, operation)
            keyValue = $0
            return code
        }
        try take(code, keyValue, found)
    }

    deinit {
        mdb_cursor_close(cursor)
    }

    /// The record here; `nil` behind the last one.
    var record: Record? { value.map { Record($0) } }

    /// A copy of the key here; empty behind the last one.
    var key: [UInt8] {
        value == nil ? [] : Array(UnsafeRawBufferPointer(start: current.mv_data, count: current.mv_size))
    }

    /// Removes the record here (`mdb_cursor_del`).
    func remove() throws(StoreError) {
        let code = mdb_cursor_del(cursor, 0)
        guard code == 0 else { throw Transaction.failure(code, path) }
    }

    /// Goes to the next key, or behind the last one (`MDB_NEXT`).
    mutating func advance() throws(StoreError) {
        var found = MDB_val()
        let code = mdb_cursor_get(cursor, &current, &found, MDB_NEXT)
        try take(code, current, found)
    }

    private mutating func take(_ code: Int32, _ key: MDB_val, _ found: MDB_val) throws(StoreError) {
        guard code == 0 || code == MDB_NOTFOUND else { throw Transaction.failure(code, path) }
        current = key
        value = code == 0 ? found : nil
    }
}

/// Calls `body` with LMDB's view of `key`.
private func withValue(_ key: [UInt8], _ body: (inout MDB_val) -> Int32) -> Int32 {
    key.withUnsafeBytes { bytes in
        // LMDB does not write through a key.
        var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        return body(&value)
    }
}
