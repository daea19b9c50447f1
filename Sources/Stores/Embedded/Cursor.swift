import CLMDB

/// A position among the keys: the owner of an `MDB_cursor`.
struct Cursor: ~Copyable {
    private let cursor: OpaquePointer
    private let path: String
    private var current = MDB_val()
    private var value: MDB_val?

    init(_ cursor: OpaquePointer, from key: [UInt8], path: String) throws(StoreError) {
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
        try move(code, keyValue, found)
    }

    deinit {
        mdb_cursor_close(cursor)
    }

    /// The record here; `nil` after the last one.
    var record: Record? { value.map { Record($0) } }

    /// A copy of the key here; empty after the last one.
    var key: [UInt8] {
        value == nil ? [] : Array(UnsafeRawBufferPointer(start: current.mv_data, count: current.mv_size))
    }

    /// Removes the record here (`mdb_cursor_del`).
    func remove() throws(StoreError) {
        let code = mdb_cursor_del(cursor, 0)
        guard code == 0 else { throw Transaction.failure(code, path) }
    }

    /// Moves to the next key, or after the last one (`MDB_NEXT`).
    mutating func advance() throws(StoreError) {
        var found = MDB_val()
        let code = mdb_cursor_get(cursor, &current, &found, MDB_NEXT)
        try move(code, current, found)
    }

    private mutating func move(_ code: Int32, _ key: MDB_val, _ found: MDB_val) throws(StoreError) {
        guard code == 0 || code == MDB_NOTFOUND else { throw Transaction.failure(code, path) }
        current = key
        value = code == 0 ? found : nil
    }
}
