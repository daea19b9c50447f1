import Cases
import Limiters
import Testing

@Suite("Damaged states")
struct DamagedStateTests {
    private static let extremes: [Int64] = [.min, .min + 1, -1, 0, 1, 1 << 53, 1 << 62, .max - 1, .max]

    private static let quotas: [Quota] = [
        (Algorithm.tokenBucket, 1, 1_000), (.tokenBucket, 1_000_000_000, 31_622_400_000_000),
        (.slidingWindow, 1, 1_000), (.slidingWindow, 100, 60_000_000),
        (.slidingWindow, 1_000_000_000, 31_622_400_000_000),
    ].compactMap { algorithm, limit, window in try? Quota(limit: limit, window: window, algorithm: algorithm) }

    @Test("any numbers in a state give a decision within the quota's bounds", arguments: SeededGenerator.seeds(4))
    func anyNumbers(seed: UInt64) throws {
        #expect(Self.quotas.count == 5)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let quota = try #require(Self.quotas.randomElement(using: &random))
            let now = Int64.random(in: 0...4_000_000_000_000_000, using: &random)
            let words = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                switch Int.random(in: 0...2, using: &random) {
                case 0: Self.extremes.randomElement(using: &random) ?? 0
                case 1: now &+ Int64.random(in: -2 * quota.window...2 * quota.window, using: &random)
                default: Int64.random(in: .min ... .max, using: &random)
                }
            }
            let cost = Int64.random(in: 0...quota.limit, using: &random)
            let (decision, change) = quota.decide(words.span.bytes, now: now, cost: cost)
            #expect((0...quota.limit).contains(decision.remaining), "\(words) \(quota) \(now) \(cost)")
            // A bucket may be ahead by two bursts, and its rounded interval makes a burst of up to two windows.
            let longest = 4 * quota.window
            #expect((0...longest).contains(decision.resetAfter), "\(words) \(quota) \(now) \(cost)")
            #expect((0...longest).contains(decision.retryAfter ?? 0), "\(words) \(quota) \(now) \(cost)")

            var written = [Int64](repeating: 0, count: change.byteCount(from: words.span.bytes) / 8)
            written.withUnsafeMutableBytes { change.write(from: words.span.bytes, to: $0) }
            let entry = Charge.Entry(try Policy(name: "p", quota: quota), for: .everyone, cost: cost)
            if let refund = Refund(entry, by: decision, now: now) {
                _ = refund.applied(to: words, now: now)
                _ = refund.applied(to: written, now: now)
            }
        }
    }
}
