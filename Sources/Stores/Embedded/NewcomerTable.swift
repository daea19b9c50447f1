import Glibc
import Limiters
import Platform

/// Counts new clients by network while an embedded store is full: a mapped file of fixed size.
///
/// Each slot holds the state of a token bucket, one number. The key of a policy and a network chooses its slot by a hash with
/// a secret seed. Two keys with the same slot are counted together, so a client can be refused too early and never too
/// late. The table is only used by the holder of the store's write transaction.
final class NewcomerTable: @unchecked Sendable {
    // @unchecked: LMDB's write transaction is a lock over all threads and processes.
    static let fileName = "newcomers"
    static let slotCount = 65_536
    private static let seedWords = 4
    private static let byteCount = (seedWords + slotCount) * 8

    private let words: UnsafeMutablePointer<Int64>
    private let seed: [UInt8]

    /// Maps the file, which is created if it is missing.
    ///
    /// The caller holds the lock on the folder.
    init(_ folder: PrivateFolder) throws(PrivateFolderError) {
        let descriptor = try folder.openFile(Self.fileName, O_RDWR)
        defer { close(descriptor) }
        func failure(_ code: Int32) -> PrivateFolderError {
            .system(path: "\(folder.path)/\(Self.fileName)", code: code)
        }
        let code = posix_fallocate(descriptor, 0, Self.byteCount)
        guard code == 0 else { throw failure(code) }
        let mapped = mmap(nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else { throw failure(errno) }
        words = mapped.assumingMemoryBound(to: Int64.self)
        if words[0] == 0 {
            for index in 0..<Self.seedWords { words[index] = .random(in: 1 ... .max) }
        }
        seed = Array(UnsafeRawBufferPointer(start: mapped, count: 8 * Self.seedWords))
    }

    deinit {
        munmap(words, Self.byteCount)
    }

    /// The state in the slot of `key`; `nil` for an unused slot.
    subscript(key: Key) -> Int64? {
        get {
            let word = words[slot(of: key)]
            return word == 0 ? nil : word
        }
        set { words[slot(of: key)] = newValue ?? 0 }
    }

    private func slot(of key: Key) -> Int {
        let digest = SHA256.hexDigest(of: seed + key.bytes)
        let hash = digest.prefix(8).reduce(0) { $0 << 4 | Int($1 & 15) ^ Int($1 >> 6) }
        return Self.seedWords + hash % Self.slotCount
    }
}
