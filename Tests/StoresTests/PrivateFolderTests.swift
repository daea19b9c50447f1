import Glibc
import Limiters
import Servers
import Stores
import Testing

/// A folder that another user prepared must not become the limiter's store.
@Suite("The folder of an embedded store")
struct PrivateFolderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func error() throws -> StoreError {
        let location = try StoreLocation("embedded:\(folder.path("store"))")
        return try #require(#expect(throws: StoreError.self) { try location.open() })
    }

    @Test("must not be writable by others", arguments: [0o770, 0o707, 0o1777] as [mode_t])
    func writable(mode: mode_t) throws {
        mkdir(folder.path("store"), 0o700)
        chmod(folder.path("store"), mode)
        let error = try error()
        #expect(error.kind == .misconfigured)
        #expect(error.description.contains("can be written by other users: run chmod go-w"))
    }

    @Test("must not be a symbolic link")
    func link() throws {
        mkdir(folder.path("target"), 0o700)
        symlink(folder.path("target"), folder.path("store"))
        #expect(try error().description.contains("is a symbolic link"))
    }

    @Test(
        "must not hold symbolic links, and nothing is written through them",
        arguments: ["boot", "data.mdb", "lock.mdb"])
    func linkInside(name: String) throws {
        mkdir(folder.path("store"), 0o700)
        try folder.write("secret", to: "victim")
        symlink(folder.path("victim"), folder.path("store/\(name)"))
        // The files of an earlier boot are removed, so these must belong to the current one.
        if name != "boot" { try folder.write(try String(contentsOfBoot: ()), to: "store/boot") }
        #expect(try error().description.contains("is a symbolic link"))
        #expect(folder.text(of: "victim") == "secret")
    }

    @Test("must belong to this user, unless root names a folder that only trusted users could have made")
    func owner() throws {
        // Only root can give files away.
        try #require(geteuid() == 0, "run the tests as root: they give folders to another user")
        mkdir(folder.path("store"), 0o700)
        chown(folder.path("store"), 65_534, 65_534)
        // The temporary folder is in /tmp, where everybody may write.
        #expect(try error().description.contains("belongs to another user (65534)"))
    }

    @Test("must contain only files of its owner")
    func foreignFile() throws {
        try #require(geteuid() == 0, "run the tests as root: they give files to another user")
        mkdir(folder.path("store"), 0o700)
        try folder.write(try String(contentsOfBoot: ()), to: "store/boot")
        try folder.write("", to: "store/data.mdb")
        chown(folder.path("store/data.mdb"), 65_534, 65_534)
        #expect(try error().description.contains("data.mdb belongs to another user (65534)"))
    }
}

extension String {
    /// The id of the current boot, as a store writes it.
    fileprivate init(contentsOfBoot _: ()) throws {
        let file = try #require(fopen("/proc/sys/kernel/random/boot_id", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        try #require(fgets(&line, Int32(line.count), file) != nil)
        self = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
