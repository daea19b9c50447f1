import Limiters
import Testing

@testable import Stores

@Suite("The circuit breaker")
struct CircuitBreakerTests {
    /// What happens to a breaker.
    enum Event: Sendable {
        case success, late, starved, failure, check, failedCheck
        /// A batch asks how many of its requests may go to the store.
        case ask(Int)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let events: [Event]
        let state: CircuitBreaker.State
    }

    private static let lateTimes = Array(repeating: Event.late, count: CircuitBreaker.maximumLateAnswers - 1)

    static let rows: [Row] = [
        Row(testDescription: "is closed at first", events: [.ask(.max), .ask(.max)], state: .closed),
        Row(testDescription: "opens with the first failure", events: [.ask(.max), .failure, .ask(0)], state: .open),
        Row(testDescription: "stays closed after a late answer", events: [.late, .ask(.max)], state: .closed),
        Row(testDescription: "opens with the tenth late answer in a row", events: lateTimes + [.late], state: .open),
        Row(
            testDescription: "counts late answers from scratch after an answer in time",
            events: lateTimes + [.success] + lateTimes, state: .closed),
        Row(
            testDescription: "does not count what a starved process missed",
            events: lateTimes + [.starved, .starved], state: .closed),
        Row(
            testDescription: "half-opens when a check passes, and lets one small batch through",
            events: [.failure, .check, .ask(8), .ask(0), .ask(0)], state: .halfOpen),
        Row(
            testDescription: "lets a larger batch through when that one succeeds",
            events: [.failure, .check, .ask(8), .success, .ask(64), .ask(0)], state: .halfOpen),
        Row(
            testDescription: "closes when the larger one succeeds too",
            events: [.failure, .check, .ask(8), .success, .ask(64), .success, .ask(.max), .ask(.max)], state: .closed),
        Row(
            testDescription: "opens again when a probe fails", events: [.failure, .check, .ask(8), .failure, .ask(0)],
            state: .open),
        Row(
            testDescription: "opens again when a probe is late",
            events: [.failure, .check, .ask(8), .success, .ask(64), .late, .ask(0)], state: .open),
        Row(
            testDescription: "probes again when the process was starved",
            events: [.failure, .check, .ask(8), .starved, .ask(8)], state: .halfOpen),
        Row(
            testDescription: "ignores, while open, what was asked before",
            events: [.failure, .success, .late, .failure, .ask(0)], state: .open),
        Row(testDescription: "opens when a store cannot be opened", events: [.failedCheck], state: .open),
        Row(testDescription: "stays open when a check fails", events: [.failure, .failedCheck, .ask(0)], state: .open),
        Row(testDescription: "ignores a check that passes while closed", events: [.check, .ask(.max)], state: .closed),
    ]

    @Test("changes its state with each event", arguments: rows)
    func states(row: Row) {
        let error = StoreError(.unreachable, "unreachable")
        var breaker = CircuitBreaker(of: "redis", now: 0)
        for event in row.events {
            switch event {
            case .success: breaker.succeeded(now: 1)
            case .late: breaker.late(StoreError(.late, "late"), now: 1)
            case .starved: breaker.starved()
            case .failure: breaker.failed(error, now: 1)
            case .check: breaker.checked(now: 1)
            case .failedCheck: breaker.checkFailed(error, now: 1)
            case .ask(let expected):
                let allowance = breaker.allowance()
                #expect(allowance == expected)
            }
        }
        #expect(breaker.state == row.state)
    }

    @Test("reports since when it is open, why, and how often it has opened")
    func report() {
        var breaker = CircuitBreaker(of: "redis", now: 5)
        #expect(breaker.since == 5)
        #expect(breaker.lastError == nil)
        let error = StoreError(.unreachable, "redis: Connection refused")
        breaker.failed(error, now: 7)
        #expect(breaker.since == 7)
        #expect(breaker.lastError == error)
        #expect(breaker.trouble == "open: redis: Connection refused")
        breaker.checked(now: 9)
        for _ in CircuitBreaker.probeSizes { breaker.succeeded(now: 11) }
        #expect(breaker.since == 11)
        #expect(breaker.trouble == nil)
        #expect(breaker.lastError == error)
        for _ in 0..<CircuitBreaker.maximumLateAnswers {
            breaker.late(StoreError(.late, "redis did not answer within 25 ms"), now: 13)
        }
        #expect(breaker.lastError?.kind == .timedOut)
        #expect(breaker.lastError?.description == "redis did not answer within 25 ms, 10 times in a row")
        #expect(breaker.openings == 2)
        #expect(CircuitBreaker.State.allCases.map { breaker.entries(into: $0) } == [1, 2, 1])
    }
}
