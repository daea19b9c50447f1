/// Where batches wait for PostgreSQL, as an operator writes it: `/var/lib/fcgi-limiter/spool?size=256M`.
public struct SpoolLocation: Sendable, Hashable, CustomStringConvertible {
    /// The most bytes that a spool takes unless told otherwise: at 2 to 50 kB a second and process, hours.
    public static let defaultSize = 256 << 20

    /// The folder; limiters that share a database and a machine share it.
    public let path: String
    /// The most bytes that all files in it take together.
    public let size: Int

    /// The location written in `text`; `nil` where that is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, !path.isEmpty else { return nil }
        self.path = String(path)
        guard parts.count == 2 else {
            size = Self.defaultSize
            return
        }
        guard parts[1].hasPrefix("size="), let size = Self.byteCount(parts[1].dropFirst(5)), size >= 1 << 16 else {
            return nil
        }
        self.size = size
    }

    /// Where it is if nobody says: the state folder that systemd gives, else one a user below `/var/tmp`.
    public init(stateFolder: String?, user: UInt32) {
        path = stateFolder.map { $0 + "/spool" } ?? "/var/tmp/fcgi-limiter-\(user)"
        size = Self.defaultSize
    }

    /// The folder's path.
    public var description: String { path }

    private static func byteCount(_ text: Substring) -> Int? {
        let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        guard let last = text.last, let unit = units[last] else { return Int(text) }
        guard let number = Int(text.dropLast()), (0..<1 << 20).contains(number) else { return nil }
        return number * unit
    }
}
