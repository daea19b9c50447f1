import CLMDB
import Glibc
import Platform

/// The file of an embedded store: the owner of an `MDB_env`, shared by all event loops of the process.
///
/// The folder holds LMDB's `data.mdb` and `lock.mdb`, `newcomers`, and `boot`. Nothing is synced to a disk. A process may
/// die at any time and loses nothing, but a crash of the machine could leave a torn file. So the files live for one boot
/// of the machine, and the next boot starts from scratch.
public final class EmbeddedFile: @unchecked Sendable {
    // @unchecked: all threads may use an MDB_env and an MDB_dbi; everything else here is constant.
    let environment: OpaquePointer
    let database: MDB_dbi
    let path: String
    /// Counts new clients by network while the file is full.
    let newcomers: NewcomerTable
    /// The size of a page in bytes.
    private let pageSize: Int
    private let pageCount: Int

    /// Bytes that a batch may need in addition to the file.
    ///
    /// They are allocated ahead, so that a full disk is an error instead of a SIGBUS.
    static let headroom = 8 << 20

    /// Opens the store in the folder `path`, which is created if it is missing.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - size: the most bytes that the store may take.
    /// - Returns: the one owner in this process.
    /// - Throws: ``StoreError``: `.misconfigured` when the folder cannot be used or is not safe to use, `.full` when the
    ///   disk has no room, `.damaged` when the file is not a store.
    static func open(path: String, size: Int) throws(StoreError) -> EmbeddedFile {
        do throws(PrivateFolderError) {
            let folder = try PrivateFolder(path)
            // Held until the file is open: another process could remove what an earlier boot left.
            let boot = try folder.openFile("boot", O_RDWR)
            defer { close(boot) }
            guard flock(boot, LOCK_EX) == 0 else { throw .system(path: path, code: errno) }
            try removeFilesOfEarlierBoot(folder, boot)
            try folder.checkFile("data.mdb")
            try allocateLockFile(folder)
            let newcomers = try NewcomerTable(folder)
            return try EmbeddedFile(path: path, size: size, newcomers)
        } catch {
            throw unusable(path, error)
        }
    }

    private init(path: String, size: Int, _ newcomers: NewcomerTable) throws(PrivateFolderError) {
        var environment: OpaquePointer?
        var database: MDB_dbi = 0
        var code = mdb_env_create(&environment)
        let flags = MDB_WRITEMAP | MDB_NOSYNC | MDB_NOMETASYNC
        if code == 0 { code = mdb_env_set_mapsize(environment, size) }
        if code == 0 { code = mdb_env_open(environment, path, UInt32(flags), 0o600) }
        var transaction: OpaquePointer?
        if code == 0 { code = mdb_txn_begin(environment, nil, 0, &transaction) }
        if code == 0 { code = mdb_dbi_open(transaction, nil, 0, &database) }
        if code == 0 { code = mdb_txn_commit(transaction) }
        guard code == 0, let environment else {
            mdb_env_close(environment)
            throw .system(path: path, code: code)
        }
        self.environment = environment
        self.database = database
        self.path = path
        self.newcomers = newcomers
        pageSize = Int(Self.statistics(environment).ms_psize)
        pageCount = Self.extent(environment).me_mapsize / pageSize
    }

    deinit {
        mdb_env_close(environment)
    }

    private static func extent(_ environment: OpaquePointer) -> MDB_envinfo {
        var info = MDB_envinfo()
        mdb_env_info(environment, &info)
        return info
    }

    private static func statistics(_ environment: OpaquePointer) -> MDB_stat {
        var statistics = MDB_stat()
        mdb_env_stat(environment, &statistics)
        return statistics
    }

    /// How many records there are, including expired ones.
    var recordCount: Int { Self.statistics(environment).ms_entries }

    /// How many pages have ever been used.
    var usedPages: Int { Self.extent(environment).me_last_pgno + 1 }

    /// What the file has room for.
    enum Room {
        /// New keys.
        case ample
        /// Changes of the keys that the file has.
        case scarce
        /// Nothing but the sweep.
        case none
    }

    /// What the file has room for now.
    ///
    /// LMDB needs pages to free pages, so a file that is filled to its end stays full when everything in it has expired.
    /// Therefore new keys leave a reserve untouched, and the keys that the file has may grow into one half of it.
    var room: Room {
        let left = pageCount - pagesInUse
        return left >= reserve ? .ample : left >= reserve / 2 ? .scarce : .none
    }

    /// The used share of the room for new keys; 1 or more if the file has none.
    var usedShare: Double { Double(pagesInUse) / Double(max(1, pageCount - reserve)) }

    /// The pages that new keys leave untouched.
    private var reserve: Int { max(pageCount / 16, 64) }

    private var pagesInUse: Int {
        let statistics = Self.statistics(environment)
        return statistics.ms_branch_pages + statistics.ms_leaf_pages + statistics.ms_overflow_pages
    }

    /// Allocates the blocks that the next batch may write, if the disk has them.
    ///
    /// The map is sparse: a block that the disk cannot provide would be a SIGBUS in the middle of a batch.
    ///
    /// - Parameter allocated: bytes that are known to be allocated; updated.
    /// - Throws: ``StoreError`` of kind `.full` when the disk is full.
    func allocate(beyond allocated: inout Int) throws(StoreError) {
        let size = pageCount * pageSize
        let wanted = min(usedPages * pageSize + Self.headroom, size)
        guard wanted > allocated else { return }
        // Another headroom each time, so that this happens rarely.
        let goal = min(wanted + Self.headroom, size)
        var descriptor: Int32 = 0
        mdb_env_get_fd(environment, &descriptor)
        let code = posix_fallocate(descriptor, 0, goal)
        guard code == 0 else { throw Self.unusable(path, .system(path: path, code: code)) }
        allocated = goal
    }

    /// Removes what an earlier boot left, given a lock on the file `boot`, which names the boot.
    private static func removeFilesOfEarlierBoot(_ folder: PrivateFolder, _ lock: Int32) throws(PrivateFolderError) {
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
        for name in ["data.mdb", "lock.mdb", NewcomerTable.fileName] { unlink("\(folder.path)/\(name)") }
        ftruncate(lock, 0)
        // If the boot were not written, the next process would remove the store that this one is about to use.
        guard pwrite(lock, boot, boot.count, 0) == boot.count else { throw .system(path: folder.path, code: errno) }
    }

    /// Allocates the blocks of LMDB's lock file, which is written through a mapping: a full disk would be a SIGBUS.
    private static func allocateLockFile(_ folder: PrivateFolder) throws(PrivateFolderError) {
        let descriptor = try folder.openFile("lock.mdb", O_RDWR)
        defer { close(descriptor) }
        // The size that LMDB chooses for its default number of readers.
        let code = posix_fallocate(descriptor, 0, 8_192)
        guard code == 0 else { throw .system(path: folder.path, code: code) }
    }

    /// The error of a store in the folder `path` that cannot be used.
    private static func unusable(_ path: String, _ error: PrivateFolderError) -> StoreError {
        guard case .system(let file, let code) = error else { return StoreError(.misconfigured, "embedded:\(error)") }
        switch code {
        case MDB_INVALID, MDB_CORRUPTED, MDB_VERSION_MISMATCH:
            return StoreError(
                .damaged, "embedded:\(path): data.mdb is not a store: remove the file, or name another folder")
        case ENOSPC, EDQUOT:
            let reason = String(cString: mdb_strerror(code))
            return StoreError(.full, "embedded:\(file): \(reason): free some space, or name another folder")
        default:
            let reason = String(cString: mdb_strerror(code))
            return StoreError(
                .misconfigured, "embedded:\(file): \(reason): give this user the folder, or name another folder")
        }
    }
}
