import Limiters
import Rules

/// Applies rules to logged requests: whom they would have refused, when, and by which policy.
struct Replay {
    /// The requests of one client or policy: how many there were and how many were refused, with the first and last refusal.
    struct Count {
        var requests = 0
        var refused = 0
        var first: Microseconds = 0
        var last: Microseconds = 0

        mutating func add(isRefused: Bool, at time: Microseconds) {
            requests += 1
            guard isRefused else { return }
            if refused == 0 { first = time }
            refused += 1
            last = time
        }
    }

    /// By the identity that a rule counts.
    private(set) var clients: [Identity: Count] = [:]
    /// By policy name: the requests that the policy decided and those it refused, or would have refused as a shadow.
    private(set) var policies: [String: Count] = [:]
    /// Refused requests by hour since the Unix epoch.
    private(set) var hours: [Int64: Int] = [:]
    /// All requests, and those that an enforced policy or the ban list refused.
    private(set) var total = Count()
    /// Requests that no rule counts.
    private(set) var unlimited = 0
    /// Requests of banned clients.
    private(set) var banned = 0
    /// The times of the oldest and the newest request.
    private(set) var times: ClosedRange<Microseconds>?

    private let rulebook: Rulebook
    private var store = MemoryStore()
    private var now: Microseconds = 0

    init(_ rulebook: Rulebook) {
        self.rulebook = rulebook
    }

    /// Decides the next request of the log.
    ///
    /// Servers log a request when it ends, so a line may be older than the one before it. The clock never goes back.
    ///
    /// - Returns: whether it would have been refused.
    @discardableResult
    mutating func add(_ line: AccessLogLine) -> Bool {
        now = max(now, line.time)
        times = min(times?.lowerBound ?? line.time, line.time)...now
        switch rulebook.match(for: line) {
        case .unlimited:
            unlimited += 1
            total.add(isRefused: false, at: now)
            return false
        case .banned:
            banned += 1
            refuse()
            return true
        case .limited(let charge, let matches):
            let verdict = store.charge(charge, now: now)
            for (entry, decision) in zip(charge.entries, verdict.decisions) {
                policies[entry.policy.name, default: Count()].add(isRefused: decision.admission != .allowed, at: now)
            }
            // A request counts once for a client, even if two rules count that client.
            for (index, match) in matches.enumerated()
            where !matches[..<index].contains(where: { $0.identity == match.identity }) {
                clients[match.identity, default: Count()].add(isRefused: !verdict.isAllowed, at: now)
            }
            if verdict.isAllowed { total.add(isRefused: false, at: now) } else { refuse() }
            if total.requests % 100_000 == 0 { store.sweep(now: now) }
            return !verdict.isAllowed
        }
    }

    private mutating func refuse() {
        total.add(isRefused: true, at: now)
        hours[now / 3_600_000_000, default: 0] += 1
    }
}
