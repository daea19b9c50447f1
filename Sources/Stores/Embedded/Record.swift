import CLMDB
import Limiters

/// The bytes under a key: the time at which the record may be removed, then the integers of the state.
///
/// They belong to the map, and are valid until the transaction writes or ends.
struct Record {
    private let bytes: UnsafeRawBufferPointer

    init(_ value: MDB_val) {
        bytes = UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
    }

    /// A missing record.
    init() {
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Whether the record is missing.
    var isAbsent: Bool { bytes.isEmpty }

    /// When the record may be removed.
    var expiry: Microseconds { bytes.count < 8 ? 0 : bytes.loadUnaligned(as: Int64.self) }

    /// The bytes of the state; empty for a missing record.
    var state: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes.dropFirst(8)) }
}
