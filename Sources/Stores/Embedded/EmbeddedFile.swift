import CLMDB
import Glibc

/// The file of an embedded store: the owner of an `MDB_env`, shared by all event loops of the process.
///
/// The folder holds LMDB's `data.mdb` and `lock.mdb`, and `boot`. Nothing is synced to a disk: a process may die at any
/// moment and loses nothing, but after a crash of the machine the file could be torn. So it is kept for one boot of the
/// machine and begun anew in the next.
public final class EmbeddedFile: @unchecked Sendable {
    // @unchecked: an MDB_env and an MDB_dbi may be used by all threads; all else here is constant.
    let environment: OpaquePointer
    let database: MDB_dbi
    let path: String

    private let pageCount: Int

    /// Bytes that a batch may need beyond what the file has; held free so that a full disk is an error and no SIGBUS.
    static let headroom = 8 << 20

    /// Opens the store in the folder `path`, which is created where it is missing.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - size: the most bytes that the store may take.
    /// - Returns: the one owner in this process.
    /// - Throws: ``StoreError``: `.misconfigured` when the folder cannot be used, `.full` when the disk has no room,
    ///   `.damaged` when the file is no store.
    static func open(path: String, size: Int) throws(StoreError) -> EmbeddedFile {
        try makeFolder(path)
        let lock = Glibc.open(path + "/boot", O_RDWR | O_CREAT | O_CLOEXEC, 0o660)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else { throw unusable(path, errno) }
        defer { close(lock) }
        try forgetEarlierBoot(path, lock)
        try allocateLockFile(path)
        return try EmbeddedFile(path: path, size: size)
    }

    private init(path: String, size: Int) throws(StoreError) {
        var environment: OpaquePointer?
        var database: MDB_dbi = 0
        var code = mdb_env_create(&environment)
        let flags = MDB_WRITEMAP | MDB_NOSYNC | MDB_NOMETASYNC
        if code == 0 { code = mdb_env_set_mapsize(environment, size) }
        if code == 0 { code = mdb_env_open(environment, path, UInt32(flags), 0o660) }
        var transaction: OpaquePointer?
        if code == 0 { code = mdb_txn_begin(environment, nil, 0, &transaction) }
        if code == 0 { code = mdb_dbi_open(transaction, nil, 0, &database) }
        if code == 0 { code = mdb_txn_commit(transaction) }
        guard code == 0, let environment else {
            mdb_env_close(environment)
            if code == MDB_INVALID || code == MDB_CORRUPTED || code == MDB_VERSION_MISMATCH {
                throw StoreError(
                    .damaged, "embedded:\(path): data.mdb is not a store: remove it, or name another folder")
            }
            throw Self.unusable(path, code)
        }
        self.environment = environment
        self.database = database
        self.path = path
        var info = MDB_envinfo()
        mdb_env_info(environment, &info)
        pageCount = info.me_mapsize / 4_096
    }

    deinit {
        mdb_env_close(environment)
    }

    /// How many pages have ever been used.
    var usedPages: Int {
        var info = MDB_envinfo()
        mdb_env_info(environment, &info)
        return info.me_last_pgno + 1
    }

    /// For what there is room in the file.
    enum Room {
        /// New keys.
        case ample
        /// Keys that are there.
        case scarce
        /// Nothing but the sweep.
        case none
    }

    /// For what there is room now.
    ///
    /// LMDB takes pages to give pages back, so a file that is filled to its end stays full when all in it has expired.
    /// New keys leave a reserve alone, into one half of which the keys that are there may grow.
    var room: Room {
        var statistics = MDB_stat()
        mdb_env_stat(environment, &statistics)
        let used = statistics.ms_branch_pages + statistics.ms_leaf_pages + statistics.ms_overflow_pages
        let reserve = max(pageCount / 16, 64)
        let left = pageCount - used
        return left >= reserve ? .ample : left >= reserve / 2 ? .scarce : .none
    }

    private static func makeFolder(_ path: String) throws(StoreError) {
        for (index, byte) in path.utf8.enumerated().dropFirst() where byte == UInt8(ascii: "/") {
            mkdir(String(path.utf8.prefix(index)) ?? path, 0o755)
        }
        guard mkdir(path, 0o770) == 0 || errno == EEXIST else { throw unusable(path, errno) }
    }

    /// Removes what an earlier boot left; the caller holds the lock on `boot`, which names the boot.
    private static func forgetEarlierBoot(_ path: String, _ lock: Int32) throws(StoreError) {
        func text(_ descriptor: Int32) -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = pread(descriptor, &buffer, buffer.count, 0)
            return Array(buffer.prefix(max(0, count)))
        }
        let kernel = Glibc.open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard kernel >= 0 else { return }
        defer { close(kernel) }
        let boot = text(kernel)
        guard text(lock) != boot else { return }
        unlink(path + "/data.mdb")
        unlink(path + "/lock.mdb")
        ftruncate(lock, 0)
        // Where it is not written, the next process would remove the store that this one is to use.
        guard pwrite(lock, boot, boot.count, 0) == boot.count else { throw unusable(path, errno) }
    }

    /// Gives LMDB's lock file its blocks: it is written through a mapping, where a full disk would be a SIGBUS.
    private static func allocateLockFile(_ path: String) throws(StoreError) {
        let descriptor = Glibc.open(path + "/lock.mdb", O_RDWR | O_CREAT | O_CLOEXEC, 0o660)
        guard descriptor >= 0 else { throw unusable(path, errno) }
        defer { close(descriptor) }
        // As large as LMDB makes it for the readers that it expects unless told otherwise.
        let code = posix_fallocate(descriptor, 0, 8_192)
        guard code == 0 else { throw unusable(path, code) }
    }

    /// What the system's error `code` means for the store in `path`.
    static func unusable(_ path: String, _ code: Int32) -> StoreError {
        let reason = "embedded:\(path): \(String(cString: mdb_strerror(code)))"
        return code == ENOSPC || code == EDQUOT
            ? StoreError(.full, "\(reason): free some space, or name another folder")
            : StoreError(
                .misconfigured, "\(reason): give this user the folder, or name another with --store embedded:PATH")
    }
}
