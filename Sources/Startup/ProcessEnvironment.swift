import Glibc

/// The environment variables of this process; an empty one counts as absent.
public struct ProcessEnvironment: Sendable {
    /// The environment of this process.
    public init() {}

    /// The value of a variable; `nil` if it is absent or empty.
    public subscript(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
