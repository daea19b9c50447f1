import Limiters

/// The clients that ask most, in bounded memory whatever an attacker sends; all others are summed.
///
/// Misra and Gries' frequent elements in the form of Anderson et al., "A High-Performance Algorithm for Identifying Frequent
/// Items in Data Streams" (2017): when there is no room, the median of all counts is taken from each, and those that have
/// nothing left make room. What is taken is added to the others', so that sums stay exact; a client's own count may be too
/// low by at most the requests counted divided by half the room, and is never too high. Below that many clients every
/// count is exact.
struct HeavyClients {
    /// A client as one series counts it.
    struct Key: Hashable {
        let client: Identity
        let series: Int32
    }

    /// How many counts are kept at most.
    let room: Int
    private(set) var counts: [Key: ClientCount] = [:]
    /// What was taken from clients, by series.
    private(set) var others: [Int32: ClientCount] = [:]

    init(room: Int) {
        self.room = room
    }

    mutating func count(_ client: Identity, _ series: Int, _ outcome: Outcome) {
        counts[Key(client: client, series: Int32(series)), default: ClientCount()].add(outcome)
        if counts.count > room { makeRoom() }
    }

    private mutating func makeRoom() {
        let totals = counts.values.map(\.total).sorted()
        let median = totals[totals.count / 2]
        var kept: [Key: ClientCount] = [:]
        kept.reserveCapacity(room + 1)
        for (key, count) in counts {
            var count = count
            others[key.series, default: ClientCount()] += count.take(median)
            if count.total > 0 { kept[key] = count }
        }
        counts = kept
    }
}
