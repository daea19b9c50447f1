public import Limiters

/// How long decisions took: a count for each of 22 ranges, each twice as long as the one before.
///
/// Bucket 0 is up to 1 µs, bucket i above 2^(i-1) and up to 2^i µs, bucket 20 up to 1.05 s, and bucket 21 what took longer.
/// `limiter.latency_bounds()` in the schema says the same.
public struct LatencyHistogram: Sendable {
    /// How many buckets there are.
    public static let bucketCount = 22

    /// The upper ends in microseconds of all buckets but the last, which has none.
    public static let bounds: [Microseconds] = (0..<(bucketCount - 1)).map { 1 << $0 }

    private var counts = InlineArray<22, Int64>(repeating: 0)

    /// No decisions.
    public init() {}

    /// The bucket for a decision that took so long.
    public static func bucket(of latency: Microseconds) -> Int {
        latency <= 1 ? 0 : min(bucketCount - 1, Int64.bitWidth - (latency - 1).leadingZeroBitCount)
    }

    /// How many decisions fell into a bucket.
    public subscript(bucket: Int) -> Int64 {
        get { counts[bucket] }
        set { counts[bucket] = newValue }
    }

    /// How many decisions there are in all.
    public var total: Int64 { (0..<Self.bucketCount).reduce(0) { $0 + counts[$1] } }

    /// Adds the counts of another.
    public static func += (one: inout LatencyHistogram, other: LatencyHistogram) {
        for bucket in 0..<bucketCount { one.counts[bucket] += other.counts[bucket] }
    }
}
