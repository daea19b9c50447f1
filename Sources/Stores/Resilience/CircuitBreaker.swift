public import Limiters

/// Whether a store that may fail is asked: the state machine between requests and the store.
///
///     closed ── a failure, or late answers in a row ──▶ open ── a check passes ──▶ half-open ── batches succeed ──▶ closed
///                                                        ▲                            │
///                                                        └──── a failure, or late ────┘
///
/// A late answer alone does not open the breaker: the fallback has answered in its place, and the connection is kept.
///
/// The breaker reads no clock: `now` is any clock of the caller's that only goes forward. Source of the pattern: Michael
/// Nygard, "Release It!".
public struct CircuitBreaker: Sendable {
    /// What happens to a batch.
    ///
    /// The raw value is the name in pages and metrics.
    public enum State: String, Sendable, CaseIterable {
        /// The batch goes to the store.
        case closed
        /// The batch does not go to the store, which a separate thread checks.
        case open
        /// A check passed: one batch at a time goes to the store, in growing parts.
        case halfOpen = "half_open"
    }

    /// Late answers in a row that open a closed breaker.
    public static let maximumLateAnswers = 10
    /// The most requests of the batches that are sent while half-open; after the last of them the breaker closes.
    public static let probeSizes = [8, 64]

    /// The name of the store in errors.
    public let name: String
    /// What happens to a batch now.
    public private(set) var state = State.closed
    /// When the state began.
    public private(set) var since: Microseconds
    /// Why the breaker last opened; `nil` if it never did.
    public private(set) var lastError: StoreError?
    /// How often the breaker has opened.
    ///
    /// A connection from before the last opening is not used again.
    public private(set) var openings = 0

    private var entries: [State: Int] = [:]
    private var lateAnswers = 0
    private var successfulProbes = 0
    private var isProbing = false

    /// A closed breaker.
    ///
    /// - Parameters:
    ///   - name: the name of the store in errors.
    ///   - now: the clock.
    public init(of name: String, now: Microseconds) {
        self.name = name
        since = now
    }

    /// One line on what keeps batches from the store, `open: redis+unix:… Connection refused`; `nil` while closed.
    public var trouble: String? {
        state == .closed ? nil : "\(state.rawValue): \(lastError?.description ?? name)"
    }

    /// How often `state` has been entered.
    public func entries(into state: State) -> Int { entries[state, default: 0] }

    /// How many requests of a batch may go to the store now; 0 for none of them.
    ///
    /// A caller that is allowed some reports what became of them by ``succeeded(now:)``, ``late(_:now:)`` or
    /// ``failed(_:now:)``.
    public mutating func allowance() -> Int {
        switch state {
        case .closed: return .max
        case .open: return 0
        case .halfOpen:
            guard !isProbing else { return 0 }
            isProbing = true
            return Self.probeSizes[successfulProbes]
        }
    }

    /// The store decided what was sent.
    public mutating func succeeded(now: Microseconds) {
        lateAnswers = 0
        guard state == .halfOpen else { return }
        isProbing = false
        successfulProbes += 1
        if successfulProbes == Self.probeSizes.count { enter(.closed, now) }
    }

    /// The store did not answer before the deadline.
    public mutating func late(_ error: StoreError, now: Microseconds) {
        guard state != .open else { return }
        lateAnswers += 1
        if state == .halfOpen {
            open(error, now)
        } else if lateAnswers >= Self.maximumLateAnswers {
            open(StoreError(.timedOut, "\(error), \(lateAnswers) times in a row"), now)
        }
    }

    /// It is not known whether the store would have answered in time, because this process was starved.
    public mutating func starved() {
        isProbing = false
    }

    /// The store refused, closed the connection, or has not answered for long.
    public mutating func failed(_ error: StoreError, now: Microseconds) {
        guard state != .open else { return }
        open(error, now)
    }

    /// A check by the separate thread passed.
    public mutating func checked(now: Microseconds) {
        if state == .open { enter(.halfOpen, now) }
    }

    /// A check by the separate thread failed.
    public mutating func checkFailed(_ error: StoreError, now: Microseconds) {
        guard state == .open else { return failed(error, now: now) }
        lastError = error
    }

    private mutating func open(_ error: StoreError, _ now: Microseconds) {
        lastError = error
        openings += 1
        enter(.open, now)
    }

    private mutating func enter(_ state: State, _ now: Microseconds) {
        self.state = state
        since = now
        entries[state, default: 0] += 1
        isProbing = false
        successfulProbes = 0
        lateAnswers = 0
    }
}
