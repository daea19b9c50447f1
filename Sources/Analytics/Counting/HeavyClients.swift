import Limiters

/// Counts of the clients that send the most requests, in bounded memory; all other clients are summed.
///
/// Misra and Gries' frequent elements in the form of Anderson et al., "A High-Performance Algorithm for Identifying Frequent
/// Items in Data Streams" (2017): when the counts exceed their capacity, their median is subtracted from each, and those
/// that reach 0 are removed. The others' sums receive what was subtracted, so sums stay exact. A client's own count is never
/// too high, and too low by at most the number of requests divided by half the capacity. Until the capacity is exceeded,
/// every count is exact.
struct HeavyClients {
    /// A client in one series.
    struct Key: Hashable {
        let client: Identity
        let series: Int32
    }

    /// The largest number of counts.
    let capacity: Int
    private(set) var counts: [Key: ClientCount] = [:]
    /// What was subtracted from clients, by series.
    private(set) var others: [Int32: ClientCount] = [:]

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func count(_ client: Identity, _ series: Int, _ outcome: Outcome) {
        counts[Key(client: client, series: Int32(series)), default: ClientCount()].add(outcome)
        if counts.count > capacity { subtractMedian() }
    }

    private mutating func subtractMedian() {
        let totals = counts.values.map(\.total).sorted()
        let median = totals[totals.count / 2]
        var kept: [Key: ClientCount] = [:]
        kept.reserveCapacity(capacity + 1)
        for (key, count) in counts {
            var count = count
            others[key.series, default: ClientCount()] += count.remove(median)
            if count.total > 0 { kept[key] = count }
        }
        counts = kept
    }
}
