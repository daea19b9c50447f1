import Platform
import Testing

@Suite("The throttle of log lines")
struct LogThrottleTests {
    @Test("one line passes per interval, with the number of lines held back")
    func once() {
        var throttle = LogThrottle(interval: 100)
        let lines = (0..<250 as Range<Int64>).compactMap { throttle.due("a", now: $0) }
        #expect(lines == ["a", "a (99 more not logged)", "a (99 more not logged)"])
        #expect(throttle.due("a", now: 300) == "a (49 more not logged)")
    }

    @Test("lines that come less often than once per interval all pass")
    func rare() {
        var throttle = LogThrottle(interval: 100)
        #expect([0, 100, 250].compactMap { throttle.due("a", now: $0) } == ["a", "a", "a"])
    }
}
