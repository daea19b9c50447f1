import Limiters
import Rules

/// Yesterday's requests put to today's rules: who would have been refused, when, and by which policy.
struct Replay {
    /// What became of the requests of one client or of one policy.
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

    /// A client as a rule counts it.
    private(set) var clients: [Identity: Count] = [:]
    /// By policy: how many requests it decided and how many it refused, or would have, being shadow.
    private(set) var policies: [String: Count] = [:]
    /// Refused requests by hour since the Unix epoch.
    private(set) var hours: [Int64: Int] = [:]
    /// All requests, and those refused by an enforced policy.
    private(set) var total = Count()
    /// Requests that no rule counts, and requests of banned clients.
    private(set) var unlimited = 0
    private(set) var banned = 0
    /// When the log begins and ends.
    private(set) var times: ClosedRange<Microseconds>?

    private let rulebook: Rulebook
    private var store = MemoryStore()
    private var now: Microseconds = 0

    init(_ rulebook: Rulebook) {
        self.rulebook = rulebook
    }

    /// Decides the next request of the log.
    ///
    /// Servers log a request when it ends, so a line may be older than the one before it: then the clock stands still.
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
            // Two rules that count the same client have met one request of it.
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
