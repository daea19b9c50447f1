import CFastCGI
import Glibc
import Platform
import Synchronization

/// Event loops on one listening socket, each a thread with an application of its own; or one loop, and threads that do its
/// work.
public final class Server: Sendable {
    private let listener: Listener
    private let wakeUps: [WakeUp]
    private let workers: Int?
    private let connections: ConnectionCount
    private let limits: ConnectionLimits
    private let makeApplication: @Sendable (Int) -> any Application
    private let report: @Sendable (String) -> Void
    private let threads = Mutex<[RunningThread]>([])

    /// A server that does not run yet.
    ///
    /// - Parameters:
    ///   - listener: where requests come from.
    ///   - loops: at least 1. Each loop has an application that never waits, and that answers all requests that came together
    ///     in one call.
    ///   - workers: `nil`, or the number of threads that answer instead of the loops, for applications that wait, for example
    ///     for a database. Each worker answers one request at a time, and none delays another's.
    ///   - connections: counts the open connections.
    ///   - limits: how many connections may be open, and how long each may take.
    ///   - report: takes a log line about peers, each at most once per loop and 10 seconds; called on any thread.
    ///   - makeApplication: makes the application of the loop or worker with this index, on its thread.
    package init(
        _ listener: Listener, loops: Int = 1, workers: Int? = nil, connections: ConnectionCount = ConnectionCount(),
        limits: ConnectionLimits = .standard, report: @escaping @Sendable (String) -> Void,
        makeApplication: @escaping @Sendable (Int) -> any Application
    ) {
        self.listener = listener
        self.workers = workers
        self.connections = connections
        self.limits = limits
        self.report = report
        self.makeApplication = makeApplication
        wakeUps = (0..<max(1, loops)).map { _ in WakeUp() }
    }

    /// Starts the loops and returns.
    public func start() {
        FCGX_Init()
        signal(SIGPIPE, SIG_IGN)
        let limits = limits.fitting(descriptors: raiseDescriptorLimit())
        threads.withLock { threads in
            threads = wakeUps.indices.map { index in
                startJoinedThread { [listener, wakeUps, workers, connections, makeApplication, report] in
                    EventLoop(
                        listener: listener.descriptor, wakeUp: wakeUps[index].descriptor, connections: connections,
                        limits: limits,
                        answerer: workers.map { .workers(WorkerPool($0, makeApplication: makeApplication)) }
                            ?? .application(makeApplication(index)),
                        report: report
                    ).run()
                }
            }
        }
    }

    /// Accepts no further connection, has the loops finish what has begun, and returns when they have.
    ///
    /// Takes up to a second for requests that are still arriving, 10 s for answers that are still being taken, and as long
    /// as an application takes to answer.
    public func stop() {
        for wakeUp in wakeUps { wakeUp.signal() }
        threads.withLock { threads in
            for thread in threads { thread.join() }
            threads = []
        }
    }

    /// Every kept connection takes a descriptor, and the usual soft limit is 1,024.
    ///
    /// - Returns: the raised limit.
    private func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }
}
