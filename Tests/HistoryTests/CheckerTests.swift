import Histories
import Limiters
import Testing

@Suite("The history checker")
struct CheckerTests {
    /// Two units per window of 10 s, of which a bucket gives one at once and then one in 5 s.
    private static let model = try? SequentialModel(limit: 2, window: 10_000_000, precision: .units)

    /// A request of one unit, asked and answered at these seconds, by the store's clock at the first of them.
    private func request(_ begin: Int64, _ end: Int64, window: Int64?, bucket: Int64?, client: Int = 0) -> Operation {
        func decision(_ remaining: Int64?, limit: Int64) -> Decision {
            // A refusal's wait is not looked at here; a policy that refuses has nothing left.
            Decision(
                admission: remaining == nil ? .refused(retryAfter: 1) : .allowed, limit: limit,
                remaining: remaining ?? 0, resetAfter: 0)
        }
        let answer = Operation.Answer(
            now: begin * 1_000_000, decisions: [decision(bucket, limit: 1), decision(window, limit: 2)])
        return Operation(
            client: client, begin: begin * 1_000_000, end: end * 1_000_000, cost: 1, .answered(answer))
    }

    private func unanswered(_ begin: Int64) -> Operation {
        Operation(
            client: 0, begin: begin * 1_000_000, end: nil, cost: 1, .unanswered(moment: begin * 1_000_000))
    }

    private func violations(_ operations: [Operation]) throws -> Int {
        HistoryChecker(try #require(Self.model)).violations(in: operations).count
    }

    @Test("accepts what one request after another is answered")
    func sequence() throws {
        #expect(
            try violations([
                request(0, 0, window: 1, bucket: 0), request(1, 1, window: 1, bucket: nil),
                request(5, 5, window: 0, bucket: 0), request(6, 6, window: nil, bucket: nil),
                request(10, 10, window: 0, bucket: 0),
            ]) == 0)
    }

    @Test("accepts requests at the same time in any order, and no order against time")
    func order() throws {
        // The first to ask was the second to be decided.
        #expect(try violations([request(0, 7, window: 1, bucket: nil), request(0, 6, window: 1, bucket: 0)]) == 0)
        // It was answered before the other one was asked.
        #expect(try violations([request(0, 1, window: 1, bucket: nil), request(2, 3, window: 1, bucket: 0)]) == 1)
    }

    @Test("rejects two admissions of one unit, and a refusal while a unit is free")
    func wrong() throws {
        #expect(try violations([request(0, 0, window: 1, bucket: 0), request(1, 1, window: 1, bucket: 0)]) == 1)
        #expect(try violations([request(0, 0, window: 2, bucket: nil)]) == 1)
    }

    @Test("an unanswered request may have been charged at any later time, once, or never")
    func unknown() throws {
        let refusal = request(3, 3, window: 1, bucket: nil)
        #expect(try violations([unanswered(2), refusal]) == 0)
        #expect(try violations([unanswered(2), request(3, 3, window: 1, bucket: 0)]) == 0)
        #expect(try violations([unanswered(2), request(3, 3, window: 1, bucket: 0), refusal]) == 0)
        // Asked too late.
        #expect(try violations([unanswered(4), refusal]) == 1)
        // Both units of the window are gone at once.
        #expect(try violations([unanswered(2), request(8, 8, window: nil, bucket: 1)]) == 1)
    }

    @Test("counts are forgotten only during a fault, and only as many as the fault may lose")
    func loss() throws {
        let twice = [request(0, 0, window: 1, bucket: 0), request(2, 2, window: 1, bucket: 0)]
        func fault(_ begin: Int64, _ end: Int64, _ most: Int) -> Operation {
            Operation(lossBetween: begin * 1_000_000, and: end * 1_000_000, most: most)
        }
        #expect(try violations(twice + [fault(1, 3, 1)]) == 0)
        // No answer comes while it lasts, or only the first one.
        #expect(try violations(twice + [fault(1, 1, 1)]) == 0)
        #expect(try violations(twice + [fault(0, 1, 1)]) == 0)
        #expect(try violations(twice + [fault(1, 3, 0)]) == 1)
        #expect(try violations(twice + [fault(3, 4, 1)]) == 1)
    }

    @Test("clients are judged apart")
    func clients() throws {
        let operations = (0..<4).map { request(0, 0, window: 1, bucket: 0, client: $0 / 2) }
        #expect(try violations(operations) == 2)
        #expect(try violations(Array(operations[1...2])) == 0)
    }

    @Test("a log may end within a line, and a request without an answer stays unanswered")
    func log() throws {
        let model = try #require(Self.model)
        let log = "ask 1 1 0 1\nask 2 2 0 1\nanswer 3 2 0 1 0 0 0 0\nask 4 4 0 3\nanswer 5 4 -1 2"
        let operations = ClientLog.operations(in: log, model)
        #expect(operations.map(\.begin) == [1, 2, 4])
        #expect(operations.map(\.end) == [nil, 3, nil])
        #expect(operations.map(\.isAdmitted) == [nil, true, nil])
    }
}
