public import Limiters

/// Applies rules to logged requests: whom they would have refused, when, and by which policy.
public struct Replay {
    /// The requests of one client or policy: how many there were and how many were refused, with the first and last refusal.
    public struct Count {
        /// All requests.
        public private(set) var requests = 0
        /// Those that the server answered with 429 at the time.
        public private(set) var refusedThen = 0
        /// Those that the rules would have refused.
        public private(set) var refused = 0
        /// When the first of them was logged; 0 without one.
        public private(set) var first: Microseconds = 0
        /// When the last of them was logged; 0 without one.
        public private(set) var last: Microseconds = 0

        mutating func add(_ line: AccessLogLine, isRefused: Bool, at time: Microseconds) {
            requests += 1
            if line.status == 429 { refusedThen += 1 }
            guard isRefused else { return }
            if refused == 0 { first = time }
            refused += 1
            last = time
        }
    }

    /// By the identity that a rule counts.
    public private(set) var clients: [Identity: Count] = [:]
    /// By policy name: the requests that the policy decided and those it refused, or would have refused as a shadow.
    public private(set) var policies: [String: Count] = [:]
    /// Refused requests by hour since the Unix epoch.
    public private(set) var hours: [Int64: Int] = [:]
    /// All requests, and those that an enforced policy or the ban list refused.
    public private(set) var total = Count()
    /// Requests that no rule counts.
    public private(set) var unlimited = 0
    /// Requests of banned clients.
    public private(set) var banned = 0
    /// The times of the oldest and the newest request.
    public private(set) var times: ClosedRange<Microseconds>?

    /// What other limits of one policy would have refused; `nil` if none are tried.
    public private(set) var trial: LimitTrial?

    private let rulebook: Rulebook
    private var store = MemoryStore()
    private var now: Microseconds = 0

    /// A replay before its first request.
    ///
    /// - Parameters:
    ///   - rulebook: the rules to apply.
    ///   - policy: the policy whose other limits are tried, too.
    public init(_ rulebook: Rulebook, trying policy: Policy? = nil) {
        self.rulebook = rulebook
        trial = policy.map(LimitTrial.init)
    }

    /// The policies that a log cannot try: limits of requests at once.
    public var untried: [String] { rulebook.policies.filter { $0.quota.algorithm == .atOnce }.map(\.name) }

    /// Decides the next request of the log.
    ///
    /// Servers log a request when it ends, so a line may be older than the one before it. The clock never goes back.
    ///
    /// - Returns: whether it would have been refused.
    @discardableResult
    public mutating func add(_ line: AccessLogLine) -> Bool {
        now = max(now, line.time)
        times = min(times?.lowerBound ?? line.time, line.time)...now
        switch rulebook.match(for: line) {
        case .unlimited:
            unlimited += 1
            total.add(line, isRefused: false, at: now)
            return false
        case .banned:
            banned += 1
            refuse(line)
            return true
        case .limited(let charge, let matches):
            // A log does not say how many requests ran at once.
            let charge = Charge(charge.entries.filter { $0.policy.quota.algorithm != .atOnce }, network: charge.network)
            let verdict = store.charge(charge, now: now)
            if !rulebook.countConditions.isEmpty {
                let items = verdict.correctable(rulebook.countConditions, rulebook.answerCosts)
                store.correct(Receipt.Correction(items, after: line.ending), now: now)
            }
            trial?.add(charge, rulebook, line.ending, now: now)
            for (entry, decision) in zip(charge.entries, verdict.decisions) {
                policies[entry.policy.name, default: Count()]
                    .add(line, isRefused: decision.admission != .allowed, at: now)
            }
            // A request counts once for a client, even if two rules count that client.
            for (index, match) in matches.enumerated()
            where !matches[..<index].contains(where: { $0.identity == match.identity }) {
                clients[match.identity, default: Count()].add(line, isRefused: !verdict.isAllowed, at: now)
            }
            if verdict.isAllowed { total.add(line, isRefused: false, at: now) } else { refuse(line) }
            if total.requests % 100_000 == 0 { store.sweep(now: now) }
            return !verdict.isAllowed
        }
    }

    private mutating func refuse(_ line: AccessLogLine) {
        total.add(line, isRefused: true, at: now)
        hours[now / 3_600_000_000, default: 0] += 1
    }
}
