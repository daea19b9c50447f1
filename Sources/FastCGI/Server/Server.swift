import CFastCGI
import CLinux
import Glibc
import Platform
import Synchronization

/// Event loops on one listening socket, each a thread with an application of its own; or one loop, and threads that do its
/// work.
public final class Server: Sendable {
    private let listener: Listener
    private let wakeUps: [Int32]
    private let workers: Int?
    private let connections: ConnectionCount
    private let limits: ConnectionLimits
    private let makeApplication: @Sendable (Int) -> any Application
    private let report: @Sendable (String) -> Void
    private let threads = Mutex<[RunningThread]>([])

    /// A server for applications that never wait: each loop answers all requests that came together in one call.
    ///
    /// It does not run yet.
    ///
    /// - Parameters:
    ///   - listener: where requests come from.
    ///   - loops: at least 1.
    ///   - connections: counts the open connections.
    ///   - report: takes a log line about peers, each at most once per loop and 10 seconds; called on any thread.
    ///   - makeApplication: makes the application of the loop with this index, on that loop's thread.
    public convenience init(
        _ listener: Listener, loops: Int, connections: ConnectionCount = ConnectionCount(),
        report: @escaping @Sendable (String) -> Void,
        makeApplication: @escaping @Sendable (Int) -> any Application
    ) {
        self.init(
            listener, loops: loops, workers: nil, connections: connections, report: report,
            makeApplication: makeApplication)
    }

    /// A server for applications that wait, for example for a database: each worker answers one request at a time, and none
    /// delays another's.
    ///
    /// It does not run yet.
    ///
    /// - Parameters:
    ///   - listener: where requests come from.
    ///   - workers: threads that answer; at least 1.
    ///   - connections: counts the open connections.
    ///   - report: takes a log line about peers, each at most once per 10 seconds; called on any thread.
    ///   - makeApplication: makes the application of the worker with this index, on that worker's thread.
    public convenience init(
        _ listener: Listener, workers: Int, connections: ConnectionCount = ConnectionCount(),
        report: @escaping @Sendable (String) -> Void,
        makeApplication: @escaping @Sendable (Int) -> any Application
    ) {
        self.init(
            listener, loops: 1, workers: max(1, workers), connections: connections, report: report,
            makeApplication: makeApplication)
    }

    /// A server with one loop and workers, or with loops if `workers` is `nil`; it does not run yet.
    init(
        _ listener: Listener, loops: Int, workers: Int?, connections: ConnectionCount,
        limits: ConnectionLimits = ConnectionLimits(), report: @escaping @Sendable (String) -> Void,
        makeApplication: @escaping @Sendable (Int) -> any Application
    ) {
        self.listener = listener
        self.workers = workers
        self.connections = connections
        self.limits = limits
        self.report = report
        self.makeApplication = makeApplication
        wakeUps = (0..<max(1, loops)).map { _ in eventfd(0, Int32(EFD_CLOEXEC)) }
    }

    deinit {
        for wakeUp in wakeUps { close(wakeUp) }
    }

    /// Starts the loops and returns.
    public func start() {
        FCGX_Init()
        signal(SIGPIPE, SIG_IGN)
        let limits = limits.fitting(descriptors: raiseDescriptorLimit())
        threads.withLock { threads in
            threads = wakeUps.indices.map { index in
                startThread { [listener, wakeUps, workers, connections, makeApplication, report] in
                    EventLoop(
                        listener: listener.descriptor, wakeUp: wakeUps[index], connections: connections, limits: limits,
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
        for wakeUp in wakeUps { eventfd_write(wakeUp, 1) }
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
