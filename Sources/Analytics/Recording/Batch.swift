import Limiters

/// Counts on their way to the database: usually one second's, of all loops.
///
/// Held back it goes on accumulating, in bounded memory: of clients and blocked requests only so many are kept, and where
/// there is very much the older counts are put together by the hour and then by the day. Sums stay exact.
struct Batch {
    /// Seconds since the Unix epoch.
    typealias Seconds = Int64

    struct Owner: Hashable {
        let at: Seconds
        let series: Series
        let outcome: Outcome
    }

    struct Place: Hashable {
        let at: Seconds
        let series: Series
    }

    struct Client: Hashable {
        let client: Identity
        let place: Place
    }

    /// How long a row of the database is.
    static let slot: Seconds = 10
    private static let mostDecisions = 20_000
    private static let mostClients = 4_096
    private static let mostBlocked = 1_000

    private(set) var decisions: [Owner: DecisionCount] = [:]
    private(set) var clients: [Client: ClientCount] = [:]
    /// What is not kept by client.
    private(set) var others: [Place: ClientCount] = [:]
    private(set) var blocked: [(series: Series, request: BlockedRequest)] = []
    private var blockedInSecond: [Seconds: Int] = [:]
    /// Blocked requests that are counted and not kept.
    private(set) var droppedEvents: Int64 = 0

    var isEmpty: Bool { decisions.isEmpty }

    /// How many requests it counts.
    var requests: Int64 { decisions.values.reduce(0) { $0 + $1.requests } }

    /// Adds what a loop has counted, as of the time `now`.
    mutating func add(_ page: LoopCounts, now: Microseconds) {
        let seconds = now / 1_000_000
        let at = seconds - seconds % Self.slot
        let series = page.table.series
        page.forEach { index, outcome, count in
            decisions[Owner(at: at, series: series[index], outcome: outcome), default: DecisionCount()] += count
        }
        for (key, count) in page.clients.counts {
            let place = Place(at: at, series: series[Int(key.series)])
            clients[Client(client: key.client, place: place), default: ClientCount()] += count
        }
        for (index, count) in page.clients.others {
            others[Place(at: at, series: series[Int(index)]), default: ClientCount()] += count
        }
        droppedEvents += page.droppedEvents
        for (index, request) in page.blocked { keep(series[index], request) }
        bound(before: at)
    }

    /// Adds a later batch.
    mutating func add(_ later: Batch) {
        decisions.merge(later.decisions) { $0 + $1 }
        clients.merge(later.clients) { $0 + $1 }
        others.merge(later.others) { $0 + $1 }
        droppedEvents += later.droppedEvents
        for (series, request) in later.blocked { keep(series, request) }
        bound(before: later.decisions.keys.map(\.at).max() ?? 0)
    }

    private mutating func keep(_ series: Series, _ request: BlockedRequest) {
        let second = request.time / 1_000_000
        guard blocked.count < Self.mostBlocked,
            blockedInSecond[second, default: 0] < BlockedRequest.mostInASecond
        else {
            droppedEvents += 1
            return
        }
        blockedInSecond[second, default: 0] += 1
        blocked.append((series, request))
    }

    private mutating func bound(before now: Seconds) {
        if clients.count > Self.mostClients { keepClients(Self.mostClients / 4) }
        for span: Seconds in [3_600, 86_400]
        where decisions.count > Self.mostDecisions || others.count > Self.mostDecisions {
            coarsen(to: span, before: now - 600)
        }
    }

    /// Puts what is older than `limit` together by longer spans.
    private mutating func coarsen(to span: Seconds, before limit: Seconds) {
        func coarse(_ at: Seconds) -> Seconds { at < limit ? at - at % span : at }
        decisions = Dictionary(
            decisions.map { (Owner(at: coarse($0.at), series: $0.series, outcome: $0.outcome), $1) },
            uniquingKeysWith: +)
        others = Dictionary(
            others.map { (Place(at: coarse($0.at), series: $0.series), $1) }, uniquingKeysWith: +)
        clients = Dictionary(
            clients.map { key, count in
                (Client(client: key.client, place: Place(at: coarse(key.place.at), series: key.place.series)), count)
            }, uniquingKeysWith: +)
    }

    /// Keeps so many clients by all their requests, and as many by their blocked ones; the rest joins the others.
    mutating func keepClients(_ most: Int) {
        guard clients.count > most else { return }
        let byTotal = clients.values.map(\.total).sorted(by: >)[most]
        let byBlocked = clients.values.map(\.blocked).sorted(by: >)[most]
        // Of those that are alike none is kept rather than too many.
        for (key, count) in clients where count.total <= byTotal && count.blocked <= byBlocked {
            others[key.place, default: ClientCount()] += count
            clients[key] = nil
        }
    }

    /// Gives up all detail but the sums.
    mutating func dropDetail() {
        for (key, count) in clients { others[key.place, default: ClientCount()] += count }
        clients = [:]
        droppedEvents += Int64(blocked.count)
        blocked = []
    }
}

extension DecisionCount {
    fileprivate static func + (one: DecisionCount, other: DecisionCount) -> DecisionCount {
        var sum = one
        sum += other
        return sum
    }
}

extension ClientCount {
    fileprivate static func + (one: ClientCount, other: ClientCount) -> ClientCount {
        var sum = one
        sum += other
        return sum
    }
}
