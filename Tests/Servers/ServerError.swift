/// Why a server is not available, in one line with the remedy.
public struct ServerError: Error, CustomStringConvertible {
    /// The message, followed by the server's own output if there is any.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
