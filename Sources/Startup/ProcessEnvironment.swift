import Glibc

/// The environment variables of a process; an empty one counts as absent.
public struct ProcessEnvironment: Sendable {
    /// `NAME=value`; `nil` for this process.
    private let settings: [String]?

    /// The environment of this process.
    public init() {
        settings = nil
    }

    /// The environment with which another process was started; empty if this user may not read it.
    public init(of process: Int32) {
        settings = Self.strings(inFile: "/proc/\(process)/environ") ?? []
    }

    /// The value of a variable; `nil` if it is absent or empty.
    public subscript(_ name: String) -> String? {
        let value =
            if let settings {
                settings.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
            } else {
                getenv(name).map { String(cString: $0) }
            }
        return value?.isEmpty == true ? nil : value
    }

    /// The names of all variables that are not empty.
    var names: [String] {
        (settings ?? Self.strings(inFile: "/proc/self/environ") ?? []).map { String($0.prefix { $0 != "=" }) }
            .filter { self[$0] != nil }
    }

    /// The strings in a file that ends each of them with a zero byte; `nil` if the file cannot be read.
    public static func strings(inFile path: String) -> [String]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
