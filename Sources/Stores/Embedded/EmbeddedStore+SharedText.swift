import CLMDB
public import Limiters
import Platform

extension EmbeddedStore {
    /// Reads the text in one transaction.
    public func sharedText(_ name: SharedText.Name, known: Int64) throws(StoreError) -> SharedText {
        let transaction = try begin()
        return try transaction.sharedText(name, known: known, now: wallMicroseconds())
    }

    /// Replaces the text in one transaction.
    public func replaceSharedText(
        _ name: SharedText.Name, known: Int64, by bytes: [UInt8], until: Microseconds
    ) throws(StoreError) -> SharedText {
        var transaction = try begin()
        let now = wallMicroseconds()
        let current = try transaction.sharedText(name, known: known, now: now)
        guard current.version == known else { return current }
        let version = max(now, known + 1)
        try transaction.put(name, [until, version], bytes)
        try transaction.commit()
        return SharedText(version: version, bytes: nil, now: now)
    }
}

/// The record of a shared text: its expiry, as every record has, its version, and its bytes.
extension Transaction {
    fileprivate func sharedText(_ name: SharedText.Name, known: Int64, now: Microseconds) throws(StoreError)
        -> SharedText
    {
        var value = MDB_val()
        let code = withValue(Self.key(name)) { mdb_get(transaction, file.database, &$0, &value) }
        guard code == 0 || code == MDB_NOTFOUND else { throw Self.failure(code, file.path) }
        let record = code == 0 ? Record(value) : Record()
        let version = record.expiry > now && record.state.count >= 8 ? record.state.loadUnaligned(as: Int64.self) : 0
        guard version != known else { return SharedText(version: version, bytes: nil, now: now) }
        return SharedText(version: version, bytes: version == 0 ? [] : Array(record.state.dropFirst(8)), now: now)
    }

    fileprivate mutating func put(
        _ name: SharedText.Name, _ words: [Int64], _ text: [UInt8]
    ) throws(StoreError) {
        let record = words.withUnsafeBytes { Array($0) } + text
        let code = record.withUnsafeBytes { bytes in
            // LMDB does not write through a value.
            var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return withValue(Self.key(name)) { mdb_put(transaction, file.database, &$0, &value, 0) }
        }
        guard code == 0 else { throw Self.failure(code, file.path) }
    }

    /// No state has such a key: theirs begin with `bucket:` or `window:`.
    private static func key(_ name: SharedText.Name) -> [UInt8] { Array("text:\(name.rawValue)".utf8) }
}
