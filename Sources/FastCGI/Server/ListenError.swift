/// Why there is no socket to listen on, in one line with a remedy.
public struct ListenError: Error, Equatable, CustomStringConvertible {
    /// What failed, where, and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
