public import Limiters

/// Whether a store that may fail is asked: the state machine between requests and the store.
///
///     closed ── failures or slow answers in a row ──▶ open ── a check passes ──▶ half-open ── one batch ──▶ closed
///                                                      ▲                             │
///                                                      └─────────── it fails ────────┘
///
/// It reads no clock: `now` is any clock of the caller's that only goes forward. Source of the pattern: Michael Nygard,
/// "Release It!".
public struct CircuitBreaker: Sendable {
    /// What becomes of a batch.
    ///
    /// The raw value is the name in pages and metrics.
    public enum State: String, Sendable, CaseIterable {
        /// It goes to the store.
        case closed
        /// It does not; the store is checked off the requests' way.
        case open
        /// A check passed: one batch goes to the store, the others wait for what becomes of it without asking.
        case halfOpen = "half_open"
    }

    /// How much it takes to open.
    public struct Thresholds: Sendable, Hashable {
        /// Failures in a row.
        ///
        /// One is enough unless told otherwise: asking again could cost a whole deadline again.
        public var failures: Int
        /// Slow answers in a row.
        public var slowAnswers: Int
        /// An answer that takes longer than this is slow.
        public var slow: Microseconds

        /// Thresholds; each at least 1.
        public init(failures: Int = 1, slowAnswers: Int = 10, slow: Microseconds) {
            precondition(failures >= 1 && slowAnswers >= 1 && slow >= 1, "a threshold is below 1")
            self.failures = failures
            self.slowAnswers = slowAnswers
            self.slow = slow
        }
    }

    /// The pauses between checks that fail: the first, and the longest.
    public static let pauses: ClosedRange<Microseconds> = 50_000...500_000
    /// After so long without a failure the pauses begin anew; opened again before that, they go on growing.
    ///
    /// So a store that keeps failing batches after checks that passed has requests wait for a hundredth of the time at most,
    /// where the deadline is 25 ms; and a machine too busy to answer in time now and then is asked again at once.
    public static let recovery: Microseconds = 2_500_000

    /// What errors call the store.
    public let name: String
    /// What becomes of a batch now.
    public private(set) var state = State.closed
    /// When that began.
    public private(set) var since: Microseconds
    /// Why it is open, or was last; `nil` where it never was.
    public private(set) var lastError: StoreError?
    /// How often it has opened; what was connected before the last time is not to be used again.
    public private(set) var openings = 0
    /// While open: when the store is to be checked next.
    public private(set) var checkDue: Microseconds?

    private let thresholds: Thresholds
    private var entries = InlineArray<3, Int>(repeating: 0)
    private var failures = 0
    private var slowAnswers = 0
    private var pause: Microseconds = 0
    private var isProbing = false

    /// A closed breaker.
    ///
    /// - Parameters:
    ///   - name: what errors call the store.
    ///   - thresholds: how much it takes to open.
    ///   - now: the clock.
    public init(of name: String, _ thresholds: Thresholds, now: Microseconds) {
        self.name = name
        self.thresholds = thresholds
        since = now
    }

    /// One line on what keeps batches from the store, `open: redis+unix:… Connection refused`; `nil` while it is closed.
    public var trouble: String? {
        state == .closed ? nil : "\(state.rawValue): \(lastError?.description ?? name)"
    }

    /// How often `state` has been entered.
    public func entries(into state: State) -> Int { entries[state.index] }

    /// Whether a batch may go to the store now.
    ///
    /// Who is let through says what became of it, by ``succeeded(took:now:)`` or ``failed(_:now:)``.
    public mutating func admits() -> Bool {
        switch state {
        case .closed: return true
        case .open: return false
        case .halfOpen:
            defer { isProbing = true }
            return !isProbing
        }
    }

    /// The store decided a batch.
    public mutating func succeeded(took: Microseconds, now: Microseconds) {
        guard state != .open else { return }
        failures = 0
        slowAnswers = took > thresholds.slow ? slowAnswers + 1 : 0
        if state == .halfOpen {
            slowAnswers > 0 ? open(tooSlow(1), now) : enter(.closed, now)
        } else if slowAnswers >= thresholds.slowAnswers {
            open(tooSlow(slowAnswers), now)
        } else if pause > 0, now - since >= Self.recovery {
            pause = 0
        }
    }

    /// The store did not decide a batch.
    public mutating func failed(_ error: StoreError, now: Microseconds) {
        guard state != .open else { return }
        failures += 1
        if state == .halfOpen || failures >= thresholds.failures { open(error, now) }
    }

    /// A check off the requests' way passed.
    public mutating func checked(took: Microseconds, now: Microseconds) {
        guard state == .open else { return }
        took > thresholds.slow ? checkFailed(tooSlow(1), now: now) : enter(.halfOpen, now)
    }

    /// A check off the requests' way failed.
    public mutating func checkFailed(_ error: StoreError, now: Microseconds) {
        guard state == .open else { return failed(error, now: now) }
        lastError = error
        wait(now)
    }

    private mutating func open(_ error: StoreError, _ now: Microseconds) {
        lastError = error
        openings += 1
        enter(.open, now)
        // At once the first time: it may have been a matter of this one connection.
        if pause == 0 {
            checkDue = now
            pause = Self.pauses.lowerBound / 2
        } else {
            wait(now)
        }
    }

    private mutating func wait(_ now: Microseconds) {
        pause = min(max(2 * pause, Self.pauses.lowerBound), Self.pauses.upperBound)
        checkDue = now + pause
    }

    private mutating func enter(_ state: State, _ now: Microseconds) {
        self.state = state
        since = now
        entries[state.index] += 1
        checkDue = nil
        isProbing = false
        failures = 0
        slowAnswers = 0
    }

    private func tooSlow(_ count: Int) -> StoreError {
        StoreError(
            .timedOut,
            """
            \(name): \(count == 1 ? "an answer" : "\(count) answers in a row") took more than \
            \(thresholds.slow / 1_000) ms: where that is usual, raise --store-deadline
            """)
    }
}

extension CircuitBreaker.State {
    fileprivate var index: Int {
        switch self {
        case .closed: 0
        case .open: 1
        case .halfOpen: 2
        }
    }
}
