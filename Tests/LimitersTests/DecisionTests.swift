import Limiters
import Testing

@Suite("The numbers of the documentation")
struct DecisionTests {
    @Test("ten per minute: the eleventh, 20 s after ten together, waits 40 s")
    func eleventh() throws {
        var state = StateUnderTest(try Quota(limit: 10, window: 60_000_000, algorithm: .slidingWindow))
        for _ in 0..<10 { state.charge(now: 0, cost: 1) }
        let decision = state.charge(now: 20_000_000, cost: 1)
        #expect(decision.admission == .refused(retryAfter: 40_000_000))
        #expect(decision.limit == 10)
        #expect(decision.remaining == 0)
        #expect(decision.resetAfter == 40_000_000)
    }

    @Test("30 per minute: one of a full bucket leaves 29, and 3 s later there are 30")
    func remaining() throws {
        var state = StateUnderTest(try Quota(limit: 30, window: 60_000_000, algorithm: .tokenBucket))
        #expect(state.charge(now: 0, cost: 1).remaining == 29)
        #expect(state.peek(now: 3_000_000).remaining == 30)
    }

    @Test("30 per minute: the bucket is full 2 s after the first unit, and 60 s after all 30")
    func resetAfter() throws {
        var state = StateUnderTest(try Quota(limit: 30, window: 60_000_000, algorithm: .tokenBucket))
        #expect(state.charge(now: 0, cost: 1).resetAfter == 2_000_000)
        #expect(state.charge(now: 0, cost: 29).resetAfter == 60_000_000)
        #expect(state.peek(now: 60_000_000).resetAfter == 0)
    }

    @Test("a bucket lets almost twice the limit pass within one window, which a sliding window never does")
    func twice() throws {
        let admitted = try [Algorithm.tokenBucket, .slidingWindow].map { algorithm in
            var state = StateUnderTest(try Quota(limit: 10, window: 10_000_000, algorithm: algorithm))
            return stride(from: 0, to: 10_000_000, by: 100_000).count { now in
                state.charge(now: now, cost: 1).admission == .allowed
            }
        }
        #expect(admitted == [19, 10])
    }
}
