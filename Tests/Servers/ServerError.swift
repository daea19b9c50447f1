/// Why a test has no server, in one line that says what to do about it.
public struct ServerError: Error, CustomStringConvertible {
    /// The line, and what the server itself wrote where it wrote something.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
