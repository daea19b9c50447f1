import Synchronization

/// The number of open connections, over all event loops of a server.
public final class ConnectionCount: Sendable {
    private let count = Atomic<Int>(0)

    /// No connections.
    public init() {}

    /// Connections that are open now.
    public var value: Int { count.load(ordering: .relaxed) }

    func add(_ difference: Int) {
        count.add(difference, ordering: .relaxed)
    }
}
