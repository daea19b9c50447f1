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

    /// A second each, for commands whose answer a person waits for.
    public static let interactive = RedisDeadlines(connect: 1_000_000, command: 1_000_000)
}
