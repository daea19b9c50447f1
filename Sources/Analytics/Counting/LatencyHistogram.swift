public import Limiters

/// How long decisions took: their sum, and counts in 22 buckets, each twice as wide as the one before.
///
/// Bucket 0 counts decisions of up to 1 µs, bucket i those of more than 2^(i-1) and up to 2^i µs, bucket 20 those of up to
/// 1.05 s, and bucket 21 all longer ones. `limiter.latency_bounds()` in the schema returns the same bounds.
public struct LatencyHistogram: Sendable {
    /// How many buckets there are.
    public static let bucketCount = 22

    /// The upper bounds, in microseconds, of all buckets but the last, which has none.
    public static let bounds: [Microseconds] = (0..<(bucketCount - 1)).map { 1 << $0 }

    private var counts = InlineArray<22, Int64>(repeating: 0)

    /// All decisions' times added up.
    public private(set) var sum: Microseconds = 0

    /// No decisions.
    public init() {}

    /// The bucket of a decision that took `latency`.
    public static func bucket(of latency: Microseconds) -> Int {
        latency <= 1 ? 0 : min(bucketCount - 1, Int64.bitWidth - (latency - 1).leadingZeroBitCount)
    }

    /// Adds a decision that took `latency`.
    public mutating func add(_ latency: Microseconds) {
        counts[Self.bucket(of: latency)].saturatingAdd(1)
        sum.saturatingAdd(latency)
    }

    /// The number of decisions in a bucket.
    public subscript(bucket: Int) -> Int64 { counts[bucket] }

    /// The number of all decisions.
    public var total: Int64 { (0..<Self.bucketCount).reduce(0) { $0.saturatingAdding(counts[$1]) } }

    /// Adds the decisions of another histogram.
    public static func += (one: inout LatencyHistogram, other: LatencyHistogram) {
        for bucket in 0..<bucketCount { one.counts[bucket].saturatingAdd(other.counts[bucket]) }
        one.sum.saturatingAdd(other.sum)
    }
}
