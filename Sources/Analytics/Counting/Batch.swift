import Limiters

/// Counts on their way to the database: usually those of one second, of all loops.
///
/// A batch that is held back accumulates later counts in bounded memory. It keeps only so many clients and blocked requests,
/// and merges old counts by hour and then by day if there are very many. Sums stay exact.
struct Batch {
    /// Seconds since the Unix epoch.
    typealias Seconds = Int64

    /// What a row of the decisions is counted by.
    struct DecisionKey: Hashable {
        let at: Seconds
        let series: Series
        let outcome: Outcome
    }

    /// What a row of all clients together is counted by.
    struct SeriesKey: Hashable {
        let at: Seconds
        let series: Series
    }

    /// What a row of one client is counted by.
    struct ClientKey: Hashable {
        let client: Identity
        let series: SeriesKey
    }

    /// The interval of one row in the database.
    static let interval: Seconds = 10
    private static let maximumDecisions = 20_000
    private static let maximumClients = 4_096
    private static let maximumBlocked = 1_000

    private(set) var decisions: [DecisionKey: DecisionCount] = [:]
    private(set) var clients: [ClientKey: ClientCount] = [:]
    /// The counts that are not kept by client.
    private(set) var others: [SeriesKey: ClientCount] = [:]
    private(set) var blocked: [(series: Series, request: BlockedRequest)] = []
    private var blockedPerSecond: [Seconds: Int] = [:]

    var isEmpty: Bool { decisions.isEmpty }

    /// The number of requests that it counts.
    var requests: Int64 { decisions.values.map(\.requests).saturatingSum }

    /// Adds what a loop has counted, as of the time `now`.
    ///
    /// - Returns: how many blocked requests were not kept in detail.
    mutating func add(_ counts: LoopCounts, now: Microseconds) -> Int64 {
        let seconds = now / 1_000_000
        let at = seconds - seconds % Self.interval
        let series = counts.series
        counts.forEach { index, outcome, count in
            decisions[DecisionKey(at: at, series: series[index], outcome: outcome), default: DecisionCount()] += count
        }
        for (key, count) in counts.clients.counts {
            let seriesKey = SeriesKey(at: at, series: series[Int(key.series)])
            clients[ClientKey(client: key.client, series: seriesKey), default: ClientCount()] += count
        }
        for (index, count) in counts.clients.others {
            others[SeriesKey(at: at, series: series[Int(index)]), default: ClientCount()] += count
        }
        let kept = counts.blocked.count { keep(series[$0.series], $0.request) }
        bound(now: at)
        return counts.droppedEvents + Int64(counts.blocked.count - kept)
    }

    /// Adds a later batch.
    ///
    /// - Returns: how many blocked requests were not kept in detail.
    mutating func add(_ later: Batch) -> Int64 {
        decisions.merge(later.decisions) { $0 + $1 }
        clients.merge(later.clients) { $0 + $1 }
        others.merge(later.others) { $0 + $1 }
        let kept = later.blocked.count { keep($0.series, $0.request) }
        bound(now: later.decisions.keys.map(\.at).max() ?? 0)
        return Int64(later.blocked.count - kept)
    }

    /// Keeps a blocked request in detail, if there is room for it.
    private mutating func keep(_ series: Series, _ request: BlockedRequest) -> Bool {
        let second = request.time / 1_000_000
        guard blocked.count < Self.maximumBlocked,
            blockedPerSecond[second, default: 0] < BlockedRequest.maximumPerSecond
        else { return false }
        blockedPerSecond[second, default: 0] += 1
        blocked.append((series, request))
        return true
    }

    private mutating func bound(now: Seconds) {
        if clients.count > Self.maximumClients { keepClients(Self.maximumClients / 4) }
        for interval: Seconds in [3_600, 86_400]
        where decisions.count > Self.maximumDecisions || others.count > Self.maximumDecisions {
            merge(by: interval, before: now - 600)
        }
    }

    /// Merges rows older than `limit` into rows of longer intervals.
    private mutating func merge(by interval: Seconds, before limit: Seconds) {
        func merged(_ at: Seconds) -> Seconds { at < limit ? at - at % interval : at }
        func merged(_ key: SeriesKey) -> SeriesKey { SeriesKey(at: merged(key.at), series: key.series) }
        decisions = Dictionary(
            decisions.map { (DecisionKey(at: merged($0.at), series: $0.series, outcome: $0.outcome), $1) },
            uniquingKeysWith: +)
        others = Dictionary(others.map { (merged($0), $1) }, uniquingKeysWith: +)
        clients = Dictionary(
            clients.map { (ClientKey(client: $0.client, series: merged($0.series)), $1) }, uniquingKeysWith: +)
    }

    /// Keeps the `number` clients with the most requests and the `number` with the most blocked ones; the rest joins the
    /// others.
    mutating func keepClients(_ number: Int) {
        guard clients.count > number else { return }
        let byTotal = clients.values.map(\.total).sorted(by: >)[number]
        let byBlocked = clients.values.map(\.blocked).sorted(by: >)[number]
        // Of clients with equal counts none is kept rather than too many.
        for (key, count) in clients where count.total <= byTotal && count.blocked <= byBlocked {
            others[key.series, default: ClientCount()] += count
            clients[key] = nil
        }
    }

    /// Gives up everything but the sums.
    ///
    /// - Returns: how many blocked requests were kept in detail until now.
    mutating func dropDetail() -> Int64 {
        for (key, count) in clients { others[key.series, default: ClientCount()] += count }
        clients = [:]
        defer { blocked = [] }
        return Int64(blocked.count)
    }
}
