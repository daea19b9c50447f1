import Testing

@testable import Analytics

@Suite("The throttle of notices")
struct NoticeThrottleTests {
    @Test("a problem that lasts is reported once, and so is its end")
    func lasting() {
        var throttle = NoticeThrottle()
        #expect(throttle.end() == false)
        #expect(throttle.begin("a", kind: "a", now: 0) == "a")
        for second in 1...100 { #expect(throttle.begin("a", kind: "a", now: Int64(second) * 1_000_000) == nil) }
        #expect(throttle.end() == true)
        #expect(throttle.end() == false)
    }

    @Test("a problem that comes and goes is reported every ten seconds, with the number of lines left out")
    func flapping() {
        var throttle = NoticeThrottle()
        var lines: [String] = []
        for second in 0..<25 {
            if second % 2 == 0 {
                let line = throttle.begin("down", kind: "a", now: Int64(second) * 1_000_000)
                if let line { lines.append("\(second) \(line)") }
            } else if throttle.end() {
                lines.append("\(second) back")
            }
        }
        #expect(
            lines == [
                "0 down", "1 back", "10 down (4 more not logged)", "11 back", "20 down (4 more not logged)", "21 back",
            ])
    }

    @Test("a new kind of problem is reported when the interval is over, if it still exists")
    func kinds() {
        var throttle = NoticeThrottle()
        #expect(throttle.begin("a", kind: "a", now: 0) == "a")
        #expect(throttle.begin("b", kind: "b", now: 9_999_999) == nil)
        #expect(throttle.begin("b", kind: "b", now: 10_000_000) == "b (1 more not logged)")
        #expect(throttle.begin("b", kind: "b", now: 30_000_000) == nil)
    }
}
