import Analytics

/// Decisions, counted in buckets; sums saturate.
struct Histogram {
    private(set) var counts: [Int64] = []

    /// Adds the counts of the same buckets.
    mutating func add(_ other: [Int64]) {
        if counts.isEmpty { counts = [Int64](repeating: 0, count: other.count) }
        for (index, count) in zip(counts.indices, other) { counts[index].saturatingAdd(count) }
    }

    /// The microseconds within which this share of the decisions was made; `nil` without decisions.
    ///
    /// The upper bounds of the buckets are 1, 2, 4, … 2^20 microseconds, and the last one has none. Interpolates linearly within a bucket. Durations above the last bound count as that bound.
    func percentile(_ share: Double) -> Double? {
        let total = counts.reduce(0.0) { $0 + Double($1) }
        guard total > 0 else { return nil }
        let wanted = share * total
        var sum = 0.0
        for (index, count) in counts.enumerated() where count > 0 {
            let (lower, upper) = (index == 0 ? 0 : Double(1 << (index - 1)), Double(1 << index))
            if sum + Double(count) >= wanted {
                guard index < counts.count - 1 else { return lower }
                return lower + (upper - lower) * (wanted - sum) / Double(count)
            }
            sum += Double(count)
        }
        return Double(1 << max(0, counts.count - 2))
    }
}
