/// Why a socket cannot be listened on or connected to, in one line with a remedy.
public struct ListenError: Error, Equatable, CustomStringConvertible {
    /// What failed, where, and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
