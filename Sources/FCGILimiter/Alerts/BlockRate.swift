import Analytics
import Limiters

/// The blocked share of the requests of the last minute, sampled about once per second.
struct BlockRate {
    /// The fewest requests of which a share says something.
    static let fewestRequests: Int64 = 100
    private static let span: Microseconds = 60_000_000

    private var samples: [(time: Microseconds, total: Int64, blocked: Int64)] = []

    /// Takes the counts since the start of the process.
    ///
    /// - Returns: the share in percent; `nil` if there are too few requests.
    mutating func update(total: Int64, blocked: Int64, now: Microseconds) -> Int64? {
        samples.append((now, total, blocked))
        // The last sample before the minute stays, so that the differences cover it.
        while samples.count > 1, samples[1].time <= now - Self.span { samples.removeFirst() }
        let (requests, refused) = (total - samples[0].total, blocked - samples[0].blocked)
        return requests >= Self.fewestRequests ? refused * 100 / requests : nil
    }
}
