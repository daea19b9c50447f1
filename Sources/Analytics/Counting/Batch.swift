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

    /// What a row of units is counted by.
    struct UnitKey: Hashable {
        let at: Seconds
        let policy: String
    }

    /// What a row of one client, or of one value of a dimension, is counted by.
    struct HeavyKey<Value: Hashable & Sendable>: Hashable, Sendable {
        let value: Value
        let series: SeriesKey
    }

    typealias HeavyRows<Value: Hashable & Sendable> = [HeavyKey<Value>: ClientCount]

    /// The interval of one row in the database.
    static let interval: Seconds = 10
    private static let maximumDecisions = 20_000
    /// How many clients, and how many values of each dimension.
    private static let maximumHeavy = 4_096
    private static let maximumBlocked = 1_000
    private static let maximumAnnotations = 100

    private(set) var decisions: [DecisionKey: DecisionCount] = [:]
    private(set) var clients: HeavyRows<Identity> = [:]
    /// The counts that are not kept by client.
    private(set) var others: [SeriesKey: ClientCount] = [:]
    /// The counts by the values of each dimension; light ones are left out.
    private(set) var values = [HeavyRows<DimensionValue>](repeating: [:], count: Dimension.allCases.count)
    private(set) var units: [UnitKey: UnitCounts] = [:]
    private(set) var blocked: [(series: Series, request: BlockedRequest)] = []
    /// What happened to the limiter, at most ``maximumAnnotations``.
    private(set) var annotations: [Annotation] = []
    private var blockedPerSecond: [Seconds: Int] = [:]

    var isEmpty: Bool { decisions.isEmpty && units.isEmpty && annotations.isEmpty }

    /// The number of requests that it counts.
    var requests: Int64 { decisions.values.map(\.requests).saturatingSum }

    /// Adds what a loop has counted, as of the time `now`.
    ///
    /// - Returns: how many blocked requests were not kept in detail.
    mutating func add(_ counts: LoopCounts, now: Microseconds) -> Int64 {
        let at = Self.beginning(now)
        let series = counts.series
        counts.forEach { index, outcome, count in
            decisions[DecisionKey(at: at, series: series[index], outcome: outcome), default: DecisionCount()] += count
        }
        func add<Value>(_ counted: HeavyCounts<Value>, to rows: inout HeavyRows<Value>) {
            for entry in counted.entries {
                let key = HeavyKey(value: entry.value, series: SeriesKey(at: at, series: series[Int(entry.series)]))
                rows[key, default: ClientCount()] += entry.count
            }
        }
        add(counts.clients, to: &clients)
        for index in values.indices { add(counts.values[index], to: &values[index]) }
        for (index, count) in counts.clients.others {
            others[SeriesKey(at: at, series: series[Int(index)]), default: ClientCount()] += count
        }
        let kept = counts.blocked.count { keep(series[$0.series], $0.request) }
        bound(now: at)
        return counts.droppedEvents + Int64(counts.blocked.count - kept)
    }

    /// Adds units by policy, as of the time `now`.
    mutating func add(_ counts: [String: UnitCounts], now: Microseconds) {
        let at = Self.beginning(now)
        for (policy, count) in counts { units[UnitKey(at: at, policy: policy), default: UnitCounts()] += count }
    }

    /// The beginning of the row that a time belongs to.
    private static func beginning(_ time: Microseconds) -> Seconds {
        let seconds = time / 1_000_000
        return seconds - seconds % interval
    }

    /// Adds an annotation, if there is room for it.
    mutating func add(_ annotation: Annotation) {
        if annotations.count < Self.maximumAnnotations { annotations.append(annotation) }
    }

    /// Adds a later batch.
    ///
    /// - Returns: how many blocked requests were not kept in detail.
    mutating func add(_ later: Batch) -> Int64 {
        decisions.merge(later.decisions) { $0 + $1 }
        clients.merge(later.clients) { $0 + $1 }
        others.merge(later.others) { $0 + $1 }
        for index in values.indices { values[index].merge(later.values[index]) { $0 + $1 } }
        units.merge(later.units) { $0 + $1 }
        for annotation in later.annotations { add(annotation) }
        let kept = later.blocked.count { keep($0.series, $0.request) }
        bound(now: (later.decisions.keys.map(\.at) + later.units.keys.map(\.at)).max() ?? 0)
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
        if ([clients.count] + values.map(\.count)).contains(where: { $0 > Self.maximumHeavy }) {
            keepHeavy(Self.maximumHeavy / 4)
        }
        for interval: Seconds in [3_600, 86_400]
        where [decisions.count, others.count, units.count].contains(where: { $0 > Self.maximumDecisions }) {
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
        units = Dictionary(
            units.map { (UnitKey(at: merged($0.at), policy: $0.policy), $1) }, uniquingKeysWith: +)
        func merged<Value>(_ rows: HeavyRows<Value>) -> HeavyRows<Value> {
            Dictionary(
                rows.map { (HeavyKey(value: $0.value, series: merged($0.series)), $1) }, uniquingKeysWith: +)
        }
        clients = merged(clients)
        values = values.map { merged($0) }
    }

    /// Keeps the `number` clients with the most requests and the `number` with the most blocked ones, and as many values of
    /// each dimension.
    ///
    /// The rest of the clients joins the others.
    mutating func keepHeavy(_ number: Int) {
        for (key, count) in Self.removeLight(from: &clients, number) {
            others[key.series, default: ClientCount()] += count
        }
        for index in values.indices { _ = Self.removeLight(from: &values[index], number) }
    }

    /// Removes all but the `number` rows with the most requests and the `number` with the most blocked ones.
    private static func removeLight<Value>(from rows: inout HeavyRows<Value>, _ number: Int) -> HeavyRows<Value> {
        guard rows.count > number else { return [:] }
        let byTotal = rows.values.map(\.total).sorted(by: >)[number]
        let byBlocked = rows.values.map(\.blocked).sorted(by: >)[number]
        // Of rows with equal counts none is kept rather than too many.
        let light = rows.filter { $0.value.total <= byTotal && $0.value.blocked <= byBlocked }
        for key in light.keys { rows[key] = nil }
        return light
    }

    /// Gives up everything but the sums.
    ///
    /// - Returns: how many blocked requests were kept in detail until now.
    mutating func dropDetail() -> Int64 {
        for (key, count) in clients { others[key.series, default: ClientCount()] += count }
        clients = [:]
        values = values.map { _ in [:] }
        defer { blocked = [] }
        return Int64(blocked.count)
    }
}
