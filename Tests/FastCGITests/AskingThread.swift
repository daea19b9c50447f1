import Glibc
import Servers
import Synchronization

/// A thread that asks on one connection without a pause, until the server closes it.
final class AskingThread {
    private final class Context: Sendable {
        let peer: Mutex<Peer>
        let answers = Atomic<Int>(0)

        init(_ peer: sending Peer) { self.peer = Mutex(peer) }
    }

    private let context: Context
    private var thread = pthread_t()

    /// Begins to ask on a connection to a Unix socket.
    init(_ path: String) throws {
        context = Context(try Peer(path))
        pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                let context = Unmanaged<Context>.fromOpaque(pointer).takeRetainedValue()
                context.peer.withLock { peer in
                    while (try? peer.ask(Records.request(["ECHO": "again"]))) != nil {
                        context.answers.add(1, ordering: .relaxed)
                    }
                }
                return nil
            }, Unmanaged.passRetained(context).toOpaque())
    }

    /// Whether so many answers come.
    func waitForAnswers(_ count: Int) -> Bool { waitUntil { context.answers.load(ordering: .relaxed) >= count } }

    /// Waits until the server has closed the connection.
    func join() { pthread_join(thread, nil) }
}
