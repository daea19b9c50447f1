import Platform

/// How long a Redis server may take, in microseconds.
public struct RedisDeadlines: Sendable, Hashable {
    /// How long connecting may take.
    public var connect: Int64
    /// How long the answer to a command may take.
    public var command: Int64

    /// Deadlines, by default 25 milliseconds each.
    public init(connect: Int64 = 25_000, command: Int64 = 25_000) {
        self.connect = connect
        self.command = command
    }

    /// One second each, for commands that a person waits for.
    public static let interactive = RedisDeadlines(connect: 1_000_000, command: 1_000_000)

    /// How much later than due a process must wake up to count as starved.
    private static let schedulingTolerance: Int64 = 5_000

    /// The error of a server that did not answer within the deadline.
    ///
    /// - Parameters:
    ///   - name: the server.
    ///   - due: when the deadline passed, by the steady clock; `nil` for an earlier command.
    /// - Returns: the error, whose kind says whether this process was starved.
    func late(_ name: String, due: Int64?) -> StoreError {
        if let due, steadyMicroseconds() - due > Self.schedulingTolerance {
            return StoreError(.starved, "this process was not scheduled in time to read the answer of \(name)")
        }
        return StoreError(.late, "\(name) did not answer within \(command / 1_000) ms")
    }
}
