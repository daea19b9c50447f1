import Glibc
import TextFormats

/// Where batches wait for PostgreSQL, as an operator writes it: `/var/lib/fcgi-limiter/spool?size=256M`.
public struct SpoolLocation: Sendable, Hashable, CustomStringConvertible {
    /// The default size in bytes: enough for hours at 2 to 50 kB per second and process.
    public static let defaultSize = 256 << 20
    private static let minimumSize = 64 << 10

    /// The folder, shared by limiters of one user and machine that share a database.
    public let path: String
    /// The maximum size in bytes of all its files together.
    public let size: Int

    /// The location written in `text`: a path, and after `?size=` at least 64K.
    ///
    /// - Returns: `nil` for other text.
    public init?(_ text: String) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, !path.isEmpty else { return nil }
        self.path = String(path)
        guard parts.count == 2 else {
            size = Self.defaultSize
            return
        }
        guard parts[1].hasPrefix("size="), let size = ByteSize(parts[1].dropFirst(5)), size.bytes >= Self.minimumSize
        else { return nil }
        self.size = size.bytes
    }

    /// The default: in the state folder that systemd passes; without one `/var/spool/fcgi-limiter`, if `user` is root or owns
    /// it; else a folder in `/var/tmp`.
    ///
    /// Only root can create folders in `/var/spool`. In `/var/tmp` another user may be faster: then the spool refuses the
    /// folder, and counts stay in memory.
    public init(stateFolder: String?, user: UInt32) {
        path = stateFolder.map { $0 + "/spool" } ?? Self.folder(of: user)
        size = Self.defaultSize
    }

    private static func folder(of user: UInt32) -> String {
        let folder = "/var/spool/fcgi-limiter"
        var status = stat()
        let isOwner = user == 0 || (lstat(folder, &status) == 0 && status.st_uid == user)
        return isOwner ? folder : "/var/tmp/fcgi-limiter-\(user)"
    }

    /// The folder's path.
    public var description: String { path }
}
