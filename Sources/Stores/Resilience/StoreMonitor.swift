import Limiters
import Logging
import Platform
import Synchronization

/// Watches over a remote store for all event loops of the process: one circuit breaker, and a thread that connects and
/// checks, so that no request waits for either.
///
/// Any thread may use it.
final class StoreMonitor: Sendable {
    /// A store that passed its check.
    struct Connected {
        let store: any Store
        /// How often the breaker had opened by then: a later opening makes the store void.
        let opening: Int
    }

    private struct Shared {
        var breaker: CircuitBreaker
        /// Event loops without a store.
        var lacking: Int
        /// The openings that the thread has seen.
        var seenOpenings = 0
        var hasBegun = false
        var hasWarned = false
        /// The error that was reported last.
        var logged: StoreError?
    }

    private let shared: Mutex<Shared>
    private let ready = HandOver<Connected>()
    private let openStore: @Sendable () -> any Store
    private let meanwhile: String
    private let logger: Logger
    private let reconnector = Reconnector()
    private let begun = WakeUp()

    /// A monitor that is not started yet.
    ///
    /// - Parameters:
    ///   - name: the name of the store in errors.
    ///   - owners: how many event loops want a store each.
    ///   - meanwhile: what happens to requests while the store is unavailable, for the log.
    ///   - logger: gets a line for each change.
    ///   - openStore: opens a store for one owner.
    init(
        _ name: String, owners: Int, meanwhile: String, logger: Logger, openStore: @escaping @Sendable () -> any Store
    ) {
        shared = Mutex(Shared(breaker: CircuitBreaker(of: name, now: steadyMicroseconds()), lacking: owners))
        self.openStore = openStore
        self.meanwhile = meanwhile
        self.logger = logger
    }

    /// Starts the thread, and waits for a second at most until each owner has a store or connecting fails.
    ///
    /// - Throws: ``StoreError`` of kind `.misconfigured`: trying again would not help.
    func start() throws(StoreError) {
        reconnector.start { [self] () throws(StoreError) in try attempt() }
        begun.wait(1_000_000)
        let error = shared.withLock { shared in
            if !shared.hasBegun {
                let error = StoreError(.timedOut, "\(shared.breaker.name) did not answer within a second")
                change(&shared) { $0.failed(error, now: steadyMicroseconds()) }
            }
            return shared.breaker.lastError
        }
        if let error, error.kind == .misconfigured { throw error }
    }

    /// The breaker as it is now.
    var breaker: CircuitBreaker { shared.withLock(\.breaker) }

    /// Why the store is not asked.
    var error: StoreError {
        let breaker = breaker
        return breaker.lastError ?? StoreError(.unreachable, "\(breaker.name) is being connected")
    }

    /// How many requests of a batch an owner may send to its store now.
    ///
    /// - Parameter held: the owner's store; replaced if it is void or missing and another one is ready.
    /// - Returns: 0 if the store must not be asked. Otherwise the owner reports the result of the batch by
    ///   ``succeeded(_:)`` or ``failed(_:_:)``.
    func allowance(_ held: inout Connected?) -> Int {
        shared.withLock { shared in
            if let store = held, store.opening != shared.breaker.openings {
                held = nil
                noteLack(&shared)
            }
            while held == nil, let next = ready.take() {
                guard next.opening == shared.breaker.openings else { continue }
                held = next
                shared.lacking -= 1
            }
            return held == nil ? 0 : shared.breaker.allowance()
        }
    }

    /// The store decided what was sent.
    func succeeded(_ connected: Connected) {
        change(connected) { $0.succeeded(now: steadyMicroseconds()) }
    }

    /// The store did not decide what was sent.
    ///
    /// - Returns: whether the owner keeps the store, because only the answer is late.
    func failed(_ connected: Connected, _ error: StoreError) -> Bool {
        switch error.kind {
        case .starved: change(connected) { $0.starved() }
        case .late: change(connected) { $0.late(error, now: steadyMicroseconds()) }
        case .unreachable, .timedOut, .refused, .full, .damaged, .misconfigured:
            shared.withLock { noteLack(&$0) }
            change(connected) { $0.failed(error, now: steadyMicroseconds()) }
            return false
        }
        return true
    }

    private func noteLack(_ shared: inout Shared) {
        shared.lacking += 1
        reconnector.wake()
    }

    /// Tells the breaker the result of a batch, unless the store is from before its last opening.
    private func change(_ connected: Connected, by event: (inout CircuitBreaker) -> Void) {
        shared.withLock { shared in
            if connected.opening == shared.breaker.openings { change(&shared, by: event) }
        }
    }

    /// Tells the breaker of an event, and logs the change.
    private func change(_ shared: inout Shared, by event: (inout CircuitBreaker) -> Void) {
        let before = shared.breaker.state
        event(&shared.breaker)
        let error = shared.breaker.lastError.map(\.description) ?? ""
        switch (before, shared.breaker.state) {
        case (.closed, .open) where !shared.hasBegun && shared.breaker.lastError?.kind == .misconfigured:
            // Thrown by `start`, and reported by its caller.
            shared.logged = shared.breaker.lastError
        case (.closed, .open):
            logger.error("\(error); until it answers, \(meanwhile)")
            shared.logged = shared.breaker.lastError
        // A mistake that only a reconnect shows, such as a password that has changed.
        case (.open, .open) where shared.breaker.lastError?.kind == .misconfigured:
            guard shared.logged != shared.breaker.lastError else { return }
            logger.error("\(error)")
            shared.logged = shared.breaker.lastError
        case (.halfOpen, .open): logger.debug("the store still fails: \(error)")
        case (.open, .halfOpen): logger.debug("the store passed a check")
        case (.halfOpen, .closed): logger.notice("the store answers again")
        default: return
        }
        // Stores from before the opening are void.
        if shared.breaker.state == .open { ready.removeAll() }
        reconnector.wake()
    }

    /// Connects and checks a store, if one is needed.
    private func attempt() throws(StoreError) -> Reconnector.Next {
        let (opening, newOpening, isNeeded) = shared.withLock { shared in
            let opening = shared.breaker.openings
            defer { shared.seenOpenings = opening }
            let isNeeded = shared.breaker.state == .open || ready.count < shared.lacking
            return (opening, opening != shared.seenOpenings, isNeeded)
        }
        // The batches after the last attempt failed, so the next attempt may have to wait.
        if newOpening { throw error }
        guard isNeeded else { return .rest }
        let store = openStore()
        defer { noteBegun() }
        do throws(StoreError) {
            // The first check connects. The second one takes as long as a batch would.
            try store.check()
            try store.check()
        } catch {
            shared.withLock { shared in
                guard opening == shared.breaker.openings else { return }
                change(&shared) { $0.checkFailed(error, now: steadyMicroseconds()) }
                shared.seenOpenings = shared.breaker.openings
            }
            throw error
        }
        let warning = shared.withLock { shared -> String? in
            // If the breaker has opened meanwhile, the store may be no better than those that failed.
            guard opening == shared.breaker.openings else { return nil }
            change(&shared) { $0.checked(now: steadyMicroseconds()) }
            ready.put(Connected(store: store, opening: opening))
            guard !shared.hasWarned, let warning = store.warning else { return nil }
            shared.hasWarned = true
            return warning
        }
        if let warning { logger.warning("\(warning)") }
        return .again
    }

    private func noteBegun() {
        shared.withLock { shared in
            guard !shared.hasBegun, shared.breaker.state == .open || ready.count >= shared.lacking else { return }
            shared.hasBegun = true
            begun.signal()
        }
    }
}
