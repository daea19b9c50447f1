import Limiters
import Logging
import Platform
import Stores
import Synchronization

/// A store that may fail, as all event loops of the process see it: one circuit breaker, and a thread that connects and
/// checks, so that no request waits for either.
///
/// Any thread may ask it.
final class StoreMonitor: Sendable {
    /// A store that was connected and checked, on its way from the thread that did it to the one loop that uses it.
    final class Spare: @unchecked Sendable {
        // @unchecked: the thread lets go of it when it hands it over, and one loop takes it.
        let store: any Store
        /// How often the breaker had opened by then: a later opening makes it void.
        let opening: Int

        init(_ store: any Store, opening: Int) {
            self.store = store
            self.opening = opening
        }
    }

    /// Who decides a request in the store's place.
    enum Decider: Int, CaseIterable {
        /// A refusal that is remembered.
        case memory
        /// The machine's own store.
        case local
        /// Nobody.
        case none
    }

    private struct Shared {
        var breaker: CircuitBreaker
        var spares: [Spare] = []
        /// Loops that have no store now.
        var lacking: Int
        var hasBegun = false
        var hasWarned = false
        var decided = InlineArray<3, Int>(repeating: 0)
    }

    /// What the thread does next.
    private enum Errand {
        /// Connect and check a store, for as long as the breaker opens no further time.
        case connect(opening: Int)
        /// Nothing until then, or until it is woken.
        case sleep(until: Microseconds?)
    }

    private let shared: Mutex<Shared>
    private let openStore: @Sendable () -> any Store
    private let meanwhile: String
    private let logger: Logger
    private let wakeUp = WakeUp()
    private let begun = WakeUp()

    /// A watch that does not run yet.
    ///
    /// - Parameters:
    ///   - name: what errors call the store.
    ///   - thresholds: what opens the breaker.
    ///   - loops: how many event loops want a store each.
    ///   - meanwhile: what happens to requests while the store is away, for the log.
    ///   - logger: takes a line for each change.
    ///   - openStore: opens a store for one owner.
    init(
        _ name: String, _ thresholds: CircuitBreaker.Thresholds, loops: Int, meanwhile: String, logger: Logger,
        openStore: @escaping @Sendable () -> any Store
    ) {
        let breaker = CircuitBreaker(of: name, thresholds, now: steadyMicroseconds())
        shared = Mutex(Shared(breaker: breaker, lacking: loops))
        self.openStore = openStore
        self.meanwhile = meanwhile
        self.logger = logger
    }

    /// Starts the thread, and waits until each loop has a store or one cannot be connected, a second at the longest.
    ///
    /// - Throws: ``StoreError`` of kind `.misconfigured`: trying again would not help.
    func start() throws(StoreError) {
        startThread { [self] in run() }
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

    /// Whether no batch is decided by the store now.
    var isUnavailable: Bool { shared.withLock { $0.breaker.state != .closed } }

    /// Why the store is not asked where it is not.
    var error: StoreError {
        let breaker = breaker
        return breaker.lastError ?? StoreError(.unreachable, "\(breaker.name) is being connected")
    }

    /// How many requests were decided so.
    func count(of decider: Decider) -> Int { shared.withLock { $0.decided[decider.rawValue] } }

    /// Adds requests of a tick that were decided so.
    func add(_ count: Int, to decider: Decider) {
        guard count > 0 else { return }
        shared.withLock { $0.decided[decider.rawValue] += count }
    }

    /// Whether a loop may ask the store now: then `held` is what it asks, and what becomes of it is told by
    /// ``succeeded(_:took:)`` or ``failed(_:_:)``.
    func admits(_ held: inout Spare?) -> Bool {
        shared.withLock { shared in
            if let spare = held, spare.opening != shared.breaker.openings {
                held = nil
                noteLack(&shared)
            }
            if held == nil, let spare = shared.spares.popLast() {
                held = spare
                shared.lacking -= 1
            }
            return held != nil && shared.breaker.admits()
        }
    }

    /// The store decided a batch.
    func succeeded(_ spare: Spare, took: Microseconds) {
        shared.withLock { shared in
            guard spare.opening == shared.breaker.openings else { return }
            change(&shared) { $0.succeeded(took: took, now: steadyMicroseconds()) }
        }
    }

    /// The store did not decide a batch; the loop lets go of it.
    func failed(_ spare: Spare, _ error: StoreError) {
        shared.withLock { shared in
            noteLack(&shared)
            guard spare.opening == shared.breaker.openings else { return }
            change(&shared) { $0.failed(error, now: steadyMicroseconds()) }
        }
    }

    private func noteLack(_ shared: inout Shared) {
        shared.lacking += 1
        wakeUp.signal()
    }

    /// Puts an event to the breaker, and says what changes by it.
    private func change(_ shared: inout Shared, by event: (inout CircuitBreaker) -> Void) {
        let before = shared.breaker.state
        event(&shared.breaker)
        let error = shared.breaker.lastError.map(\.description) ?? ""
        switch (before, shared.breaker.state) {
        // Thrown at the start, and told by who catches it.
        case (.closed, .open) where !shared.hasBegun && shared.breaker.lastError?.kind == .misconfigured: break
        case (.closed, .open): logger.error("\(error); until it answers, \(meanwhile)")
        case (.halfOpen, .open): logger.debug("the store still fails: \(error)")
        case (.open, .halfOpen): logger.debug("the store passed a check")
        case (.halfOpen, .closed): logger.notice("the store answers again")
        default: return
        }
        if shared.breaker.state == .open { shared.spares.removeAll() }
        wakeUp.signal()
    }

    private func run() {
        while true {
            switch errand() {
            case .connect(let opening): connect(opening)
            case .sleep(let end):
                wakeUp.wait(end.map { $0 - steadyMicroseconds() })
            }
        }
    }

    private func errand() -> Errand {
        shared.withLock { shared in
            if let due = shared.breaker.checkDue {
                return due <= steadyMicroseconds() ? .connect(opening: shared.breaker.openings) : .sleep(until: due)
            }
            guard shared.spares.count < shared.lacking else { return .sleep(until: nil) }
            return .connect(opening: shared.breaker.openings)
        }
    }

    private func connect(_ opening: Int) {
        let store = openStore()
        var took: Microseconds = 0
        var failure: StoreError?
        do throws(StoreError) {
            // The first time it connects; the second is what a batch would take.
            try store.check()
            took = steadyMicroseconds()
            try store.check()
            took = steadyMicroseconds() - took
        } catch {
            failure = error
        }
        let spare = Spare(store, opening: opening)
        shared.withLock { shared in
            defer {
                if !shared.hasBegun, failure != nil || shared.spares.count >= shared.lacking {
                    shared.hasBegun = true
                    begun.signal()
                }
            }
            // Where it has opened again meanwhile, the store may be no better than those that failed.
            guard opening == shared.breaker.openings else { return }
            if let failure {
                change(&shared) { $0.checkFailed(failure, now: steadyMicroseconds()) }
            } else {
                change(&shared) { $0.checked(took: took, now: steadyMicroseconds()) }
                if shared.breaker.state != .open { shared.spares.append(spare) }
                if let warning = spare.store.warning, !shared.hasWarned {
                    shared.hasWarned = true
                    logger.warning("\(warning)")
                }
            }
        }
    }
}
