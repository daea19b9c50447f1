public import Limiters
public import Logging
import Platform
import Synchronization

/// A store that may fail, as a process uses it: each request gets an outcome all the same.
///
/// A remote store has a circuit breaker and a thread that connects and checks. Refusals are cached. While the store cannot
/// decide, each policy is answered as its `on_store_failure` says. Each event loop and each worker uses the store by a
/// ``StoreSession`` of its own.
public final class ResilientStore: Sendable {
    /// How a process uses a store.
    public struct Options: Sendable {
        /// How long a Redis may take.
        public var deadlines = RedisDeadlines()
        /// How many sessions there will be.
        public var sessions = 1
        /// The answer for policies that have none of their own.
        public var onFailure = StoreFailureAnswer.local
        /// The store that decides for `local`; `nil` if there is none, and requests pass.
        public var fallback: FallbackStore?
        /// Whether each session connects by itself, without a breaker and without a thread: for a process of one request, or
        /// for callers that may wait.
        public var connectsDirectly = false
        /// What happens while the store fails, for the log; `nil` says what `onFailure` does to requests.
        public var meanwhile: String?

        /// The defaults: one session, and no fallback.
        public init() {}
    }

    enum Source {
        /// Each session has a store of its own and asks it for each batch: it answers or fails at once.
        case direct(@Sendable () -> any Store)
        /// The monitor provides the stores and says when they are asked.
        case monitored(StoreMonitor, ResetSubscriber)
    }

    /// Where the store is.
    public let location: StoreLocation
    let source: Source
    let options: Options
    let logger: Logger
    private let openInteractive: @Sendable () -> any Store
    /// The overrides in the store.
    public let overrides: OverrideWatch
    private let decided = Mutex(InlineArray<5, Int>(repeating: 0))
    private let troubles = Mutex(Troubles())

    /// What is wrong apart from the store itself.
    private struct Troubles {
        var fallback: StoreError?
        var full: StoreError?
        var loggedFull: Microseconds = .min / 2
        var isFailing = false
    }

    /// A store that is not started yet.
    ///
    /// - Throws: ``StoreError`` when the folder of an embedded store cannot be used.
    public init(_ location: StoreLocation, _ options: Options, logger: Logger) throws(StoreError) {
        let open = try location.opener(deadlines: options.deadlines)
        self.location = location
        self.options = options
        self.logger = logger
        // An embedded store is opened once per process.
        openInteractive = location.isRemote ? try location.opener(deadlines: .interactive) : open
        overrides = OverrideWatch(logger: logger, open: openInteractive)
        guard location.isRemote, !options.connectsDirectly else {
            source = .direct(open)
            return
        }
        source = .monitored(
            StoreMonitor(
                "\(location)", owners: options.sessions,
                meanwhile: options.meanwhile ?? options.onFailure.meanwhile, logger: logger,
                openStore: open),
            ResetSubscriber(location, deadlines: options.deadlines, logger: logger))
    }

    /// Connects, and starts to watch a remote store.
    ///
    /// An unreachable store is not an error: the monitor connects to it later.
    ///
    /// - Throws: ``StoreError`` of kind `.misconfigured`: trying again would not help.
    public func start() throws(StoreError) {
        guard case .monitored(let monitor, let subscriber) = source else { return }
        try monitor.start()
        subscriber.start()
    }

    /// Opens the fallback store, so that a folder that cannot be used is known before it is needed.
    public func openFallback() {
        guard location.isRemote, let fallback = options.fallback else { return }
        do throws(StoreError) {
            _ = try fallback.open()
        } catch {
            note(fallback: error)
        }
    }

    /// Opens the store for an owner that may wait, without the breaker.
    public func openAside() -> any Store { openInteractive() }

    /// Opens the fallback store for one owner; `nil` if it cannot be used.
    public func openFallbackAside() -> (any Store)? {
        location.isRemote ? try? options.fallback?.open() : nil
    }

    /// A session for one owner.
    ///
    /// Call it on the thread of the owner, as often as the options say.
    public func makeSession() -> StoreSession { StoreSession(self) }

    /// The circuit breaker as it is now; `nil` for a store that answers or fails at once.
    public var breaker: CircuitBreaker? {
        if case .monitored(let monitor, _) = source { monitor.breaker } else { nil }
    }

    /// Why the fallback store cannot be used; `nil` if it can, or was not needed yet.
    public var fallbackError: StoreError? { troubles.withLock(\.fallback) }

    /// Why an embedded store counts new clients by network; `nil` if it has room.
    public var fullError: StoreError? { troubles.withLock(\.full) }

    /// How many requests were decided by `decider`.
    public func count(of decider: RequestOutcome.Decider) -> Int { decided.withLock { $0[decider.index] } }

    /// How many requests nobody could decide.
    public var undecidedCount: Int { decided.withLock { $0[4] } }

    func count(_ outcomes: [RequestOutcome]) {
        decided.withLock { decided in
            for outcome in outcomes {
                switch outcome {
                case .decided(_, let decider): decided[decider.index] += 1
                case .undecided: decided[4] += 1
                }
            }
        }
    }

    // MARK: - What is logged once

    /// Notes that the store decided or failed, for a store without a breaker.
    func note(_ error: StoreError?) {
        let changes = troubles.withLock { troubles in
            defer { troubles.isFailing = error != nil }
            return troubles.isFailing != (error != nil)
        }
        guard changes else { return }
        if let error {
            logger.error("\(error); until it answers, \(options.meanwhile ?? options.onFailure.meanwhile)")
        } else {
            logger.notice("the store answers again")
        }
    }

    /// Notes that the fallback store works or fails.
    func note(fallback error: StoreError?) {
        let changes = troubles.withLock { troubles in
            defer { troubles.fallback = error }
            return (troubles.fallback == nil) != (error == nil)
        }
        guard changes else { return }
        if let error {
            logger.error("fallback store \(error); until it can be used, requests pass uncounted while the store fails")
        } else {
            logger.notice("the fallback store works again")
        }
    }

    /// Notes that an embedded store has room for new keys, or has none.
    func note(full error: StoreError?) {
        let now = steadyMicroseconds()
        let before = troubles.withLock { troubles in
            defer {
                troubles.full = error
                if error != nil { troubles.loggedFull = now }
            }
            return (error: troubles.full, logged: troubles.loggedFull)
        }
        // A store at its limit may change back and forth, which is not worth a line each time.
        if let error, before.error == nil, now - before.logged > 60_000_000 {
            logger.error("\(error); until then, new clients are counted by network")
        }
    }
}

extension RequestOutcome.Decider {
    fileprivate var index: Int {
        switch self {
        case .store: 0
        case .cache: 1
        case .fallback: 2
        case .newcomers: 3
        }
    }
}

extension StoreFailureAnswer {
    /// What happens to requests while the store is unavailable, for the log.
    var meanwhile: String {
        switch self {
        case .allow: "requests pass uncounted"
        case .deny: "requests are answered 503"
        case .local: "requests are counted by this machine alone"
        }
    }
}
