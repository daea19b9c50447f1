import Limiters

/// Counts of the values that the most requests have, in bounded memory; all other values are summed.
///
/// Misra and Gries' frequent elements in the form of Anderson et al., "A High-Performance Algorithm for Identifying Frequent
/// Items in Data Streams" (2017): when the counts exceed their capacity, their median is subtracted from each, and those
/// that reach 0 are removed. The others' sums receive what was subtracted, so sums stay exact. A value's own count is never
/// too high, and too low by at most the number of requests divided by half the capacity. Until the capacity is exceeded,
/// every count is exact.
///
/// A hash table with open addressing, so that counting a known value neither allocates nor copies it. Values are compared by
/// their 64-bit hashes, which have a random key in each process.
struct HeavyCounts<Value> {
    /// The requests of one value in one series.
    struct Entry {
        let value: Value
        let series: Int32
        fileprivate let hash: Int
        var count: ClientCount
    }

    /// The largest number of entries.
    let capacity: Int
    private(set) var entries: [Entry] = []
    /// What was subtracted from entries, by series.
    private(set) var others: [Int32: ClientCount] = [:]
    /// Indices of entries, each in the first free slot from its hash on; -1 in a free slot.
    ///
    /// Empty until something is counted.
    private var slots: [Int32] = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Counts a request; `bytes` tell the value from all others, and `value` makes it if it is new.
    mutating func count(
        _ bytes: UnsafeRawBufferPointer, _ series: Int, _ outcome: Outcome, use: Int64, _ value: () -> Value
    ) {
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        hasher.combine(series)
        let hash = hasher.finalize()
        if slots.isEmpty { findSlots() }
        let slot = slot(of: hash)
        let index = Int(slots[slot])
        if index >= 0 {
            entries[index].count.add(outcome, use: use)
        } else {
            slots[slot] = Int32(entries.count)
            var entry = Entry(value: value(), series: Int32(series), hash: hash, count: ClientCount())
            entry.count.add(outcome, use: use)
            entries.append(entry)
            if entries.count > capacity { subtractMedian() }
        }
    }

    /// The slot that has the entry with this hash, or else the free slot for the entry.
    private func slot(of hash: Int) -> Int {
        let mask = slots.count - 1
        var slot = hash & mask
        while slots[slot] >= 0, entries[Int(slots[slot])].hash != hash { slot = (slot + 1) & mask }
        return slot
    }

    /// Gives each entry its slot; at least half of them stay free.
    private mutating func findSlots() {
        let bits = Int.bitWidth - capacity.leadingZeroBitCount + 1
        slots = [Int32](repeating: -1, count: 1 << bits)
        for (index, entry) in entries.enumerated() { slots[slot(of: entry.hash)] = Int32(index) }
    }

    private mutating func subtractMedian() {
        let totals = entries.map(\.count.total).sorted()
        let median = totals[totals.count / 2]
        var kept: [Entry] = []
        kept.reserveCapacity(capacity + 1)
        for var entry in entries {
            others[entry.series, default: ClientCount()] += entry.count.remove(median)
            if entry.count.total > 0 { kept.append(entry) }
        }
        entries = kept
        findSlots()
    }
}
