import Limiters
import Stores
import Testing

@Suite("The circuit breaker")
struct CircuitBreakerTests {
    /// What happens to it; times in milliseconds.
    enum Event: Sendable {
        case success(Int64), failure, check(Int64), failedCheck
        /// Whether a batch is let through.
        case ask(Bool)
        case wait(Int64)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var thresholds = CircuitBreaker.Thresholds(failures: 1, slowAnswers: 3, slow: 25_000)
        let events: [Event]
        let state: CircuitBreaker.State
        /// Milliseconds until the next check; `nil` where none is due.
        var check: Int64?
    }

    private static let threeFailures = CircuitBreaker.Thresholds(failures: 3, slowAnswers: 3, slow: 25_000)

    static let rows: [Row] = [
        Row(testDescription: "is closed at first", events: [.ask(true), .ask(true)], state: .closed),
        Row(
            testDescription: "opens with the first failure, and is checked at once",
            events: [.ask(true), .failure, .ask(false)], state: .open, check: 0),
        Row(
            testDescription: "opens with the third failure in a row where that is said",
            thresholds: threeFailures, events: [.failure, .failure, .failure], state: .open, check: 0),
        Row(
            testDescription: "is closed after fewer", thresholds: threeFailures,
            events: [.failure, .failure, .ask(true)], state: .closed),
        Row(
            testDescription: "counts failures anew after a success", thresholds: threeFailures,
            events: [.failure, .failure, .success(1), .failure, .failure], state: .closed),
        Row(
            testDescription: "opens with the third slow answer in a row",
            events: [.success(26), .success(26), .success(26), .ask(false)], state: .open, check: 0),
        Row(
            testDescription: "takes the deadline itself for no slow answer",
            events: [.success(25), .success(25), .success(25)], state: .closed),
        Row(
            testDescription: "counts slow answers anew after a quick one",
            events: [.success(26), .success(26), .success(1), .success(26), .success(26)], state: .closed),
        Row(
            testDescription: "half-opens when a check passes, and lets one batch through",
            events: [.failure, .check(1), .ask(true), .ask(false), .ask(false)], state: .halfOpen),
        Row(
            testDescription: "closes when that batch succeeds",
            events: [.failure, .check(1), .ask(true), .success(1), .ask(true), .ask(true)], state: .closed),
        Row(
            testDescription: "opens again when that batch fails, whatever the threshold", thresholds: threeFailures,
            events: [.failure, .failure, .failure, .check(1), .ask(true), .failure, .ask(false)], state: .open,
            check: 50),
        Row(
            testDescription: "opens again when that batch is slow",
            events: [.failure, .check(1), .ask(true), .success(26)], state: .open, check: 50),
        Row(
            testDescription: "stays open when a check is slow",
            events: [.failure, .check(26), .ask(false)], state: .open, check: 50),
        Row(
            testDescription: "is checked after pauses that double",
            events: [.failure, .failedCheck, .wait(50), .failedCheck, .wait(100), .failedCheck], state: .open,
            check: 200),
        Row(
            testDescription: "is checked every half second at the least",
            events: [.failure] + Array(repeating: .failedCheck, count: 20), state: .open, check: 500),
        Row(
            testDescription: "pauses on where it soon fails again: it may answer checks and fail batches",
            events: [
                .failure, .failedCheck, .failedCheck, .check(1), .ask(true), .success(1), .wait(2_499), .success(1),
                .failure,
            ], state: .open, check: 200),
        Row(
            testDescription: "forgets the pauses when it has been closed for two and a half seconds",
            events: [
                .failure, .failedCheck, .failedCheck, .check(1), .ask(true), .success(1), .wait(2_500), .success(1),
                .failure,
            ], state: .open, check: 0),
        Row(
            testDescription: "takes no notice while open of what was asked before",
            events: [.failure, .success(1), .failure, .ask(false)], state: .open, check: 0),
        Row(
            testDescription: "takes a store that cannot be opened anew for a failure",
            events: [.failedCheck], state: .open, check: 0),
        Row(
            testDescription: "takes no notice of a check that passes while it is closed",
            events: [.check(1), .ask(true)], state: .closed),
    ]

    @Test("by what happens to it", arguments: rows)
    func states(row: Row) throws {
        var now: Microseconds = 1_000_000_000
        var breaker = CircuitBreaker(of: "redis", row.thresholds, now: now)
        for event in row.events {
            switch event {
            case .success(let time): breaker.succeeded(took: time * 1_000, now: now)
            case .failure: breaker.failed(try Self.error(), now: now)
            case .check(let time): breaker.checked(took: time * 1_000, now: now)
            case .failedCheck: breaker.checkFailed(try Self.error(), now: now)
            case .ask(let expected):
                let isAdmitted = breaker.admits()
                #expect(isAdmitted == expected)
            case .wait(let time): now += time * 1_000
            }
        }
        #expect(breaker.state == row.state)
        #expect(breaker.checkDue.map { ($0 - now) / 1_000 } == row.check)
    }

    @Test("says since when, why, and how often")
    func report() throws {
        var breaker = CircuitBreaker(of: "redis", .init(slowAnswers: 2, slow: 25_000), now: 5)
        #expect(breaker.since == 5)
        #expect(breaker.lastError == nil)
        let error = try Self.error()
        breaker.failed(error, now: 7)
        #expect(breaker.since == 7)
        #expect(breaker.lastError == error)
        #expect(breaker.trouble == "open: \(error)")
        breaker.checked(took: 1, now: 9)
        let isAdmitted = breaker.admits()
        #expect(isAdmitted)
        breaker.succeeded(took: 1, now: 11)
        #expect(breaker.since == 11)
        #expect(breaker.trouble == nil)
        #expect(breaker.lastError == error)
        for _ in 0..<2 { breaker.succeeded(took: 26_000, now: 13) }
        #expect(breaker.lastError?.kind == .timedOut)
        #expect(
            breaker.lastError?.description
                == "redis: 2 answers in a row took more than 25 ms: where that is usual, raise --store-deadline")
        #expect(breaker.openings == 2)
        #expect(CircuitBreaker.State.allCases.map { breaker.entries(into: $0) } == [1, 2, 1])
    }

    /// What a store that is away throws.
    private static func error() throws -> StoreError {
        try #require(#expect(throws: StoreError.self) { try StoreLocation("redis+unix:/nowhere").open().check() })
    }
}
