import Platform
import Testing

@Suite("Log lines about what others do")
struct LogLimiterTests {
    private final class Log {
        var lines: [String] = []
    }

    @Test("each line is written once per interval, with how often it was left out")
    func once() {
        let log = Log()
        var limiter = LogLimiter(interval: 100) { log.lines.append($0) }
        for time in Int64(0)..<250 { limiter.log("a", now: time) }
        limiter.log("b", now: 250)
        limiter.log("a", now: 300)
        #expect(log.lines == ["a", "a (99 more not logged)", "a (99 more not logged)", "b", "a (49 more not logged)"])
    }

    @Test("a line that comes less often than once per interval is written each time")
    func rare() {
        let log = Log()
        var limiter = LogLimiter(interval: 100) { log.lines.append($0) }
        for time in [0, 100, 250] as [Int64] { limiter.log("a", now: time) }
        #expect(log.lines == ["a", "a", "a"])
    }
}
