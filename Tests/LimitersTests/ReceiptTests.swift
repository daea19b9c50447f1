import Cases
import Testing

@testable import Limiters

@Suite("Receipts")
struct ReceiptTests {
    private static let hmac = HMAC(key: Array("secret".utf8))

    private static func receipt(_ generator: inout SeededGenerator) throws -> Receipt {
        let items = try (0..<Int.random(in: 1...4, using: &generator)).map { index in
            let algorithm = Bool.random(using: &generator) ? Algorithm.tokenBucket : .slidingWindow
            let limit = Int64.random(in: 1...1_000_000, using: &generator)
            let policy = try Policy(
                name: "p\(index)", quota: Quota(limit: limit, window: 3_600_000_000, algorithm: algorithm))
            let bytes = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let refund = Refund(
                Key(Identity("client", bytes), policy), policy.quota,
                cost: Int64.random(in: 1...limit, using: &generator),
                moment: Int64.random(in: 0...1 << 52, using: &generator))
            let statuses = StatusSet([401...401, 500...599])
            let conditions = [CountCondition.ifStatus(statuses), .unlessStatus(statuses), .always, .never]
            let costs = [nil, AnswerCost(.header), AnswerCost(.bytes, scale: 100)]
            return Receipt.Item(
                refund, conditions[Int.random(in: 0...3, using: &generator)],
                costs[Int.random(in: 0...2, using: &generator)])
        }
        return Receipt(
            Receipt.Number(issuer: .random(in: .min ... .max, using: &generator), index: 7),
            moment: 1_700_000_000_000_000,
            isFallback: Bool.random(using: &generator), items: items)
    }

    @Test(
        "the text of a receipt gives it back, and has no byte that a log would escape",
        arguments: 1...50 as ClosedRange<UInt64>)
    func text(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let receipt = try Self.receipt(&generator)
        let text = receipt.text(Self.hmac)
        #expect(text.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        let read = try #require(Receipt(text, Self.hmac))
        #expect(read.number == receipt.number && read.moment == receipt.moment && read.isFallback == receipt.isFallback)
        #expect(read.items == receipt.items)
    }

    @Test("a changed text is no receipt", arguments: 1...20 as ClosedRange<UInt64>)
    func forged(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let text = try Self.receipt(&generator).text(Self.hmac)
        #expect(Receipt(text, HMAC(key: Array("another".utf8))) == nil)
        for index in text.indices {
            var changed = text
            changed[index] ^= UInt8.random(in: 1...255, using: &generator)
            #expect(Receipt(changed, Self.hmac) == nil, "seed \(seed), byte \(index)")
            #expect(Receipt(Array(text[..<index]), Self.hmac) == nil)
        }
        #expect(Receipt(text + [0x30], Self.hmac) == nil)
    }

    @Test("what does not count is refunded, policy by policy")
    func refunds() throws {
        let quota = try Quota(limit: 5, window: 60_000_000, algorithm: .slidingWindow)
        let items = try [
            CountCondition.ifStatus(StatusSet([401...401, 403...403])), .unlessStatus(StatusSet([500...599])),
        ]
        .enumerated().map { index, condition in
            let key = Key(.everyone, try Policy(name: "p\(index)", quota: quota))
            return Receipt.Item(Refund(key, quota, cost: Int64(index + 1), moment: 1), condition)
        }
        let receipt = Receipt(Receipt.Number(issuer: 1, index: 1), moment: 1, isFallback: false, items: items)
        for (status, costs) in [(401, []), (403, []), (200, [1]), (0, [1]), (500, [1, 2]), (599, [1, 2]), (600, [1])] {
            let correction = Receipt.Correction(receipt.items, after: Ending(status: status))
            #expect(correction.refunds.map(\.cost) == costs.map(Int64.init), "\(status)")
            #expect(correction.charges.isEmpty)
        }
    }

    @Test("a charge is corrected to what the answer tells")
    func answerCosts() throws {
        let quota = try Quota(limit: 50, window: 60_000_000, algorithm: .slidingWindow)
        let refund = Refund(Key(.everyone, try Policy(name: "p", quota: quota)), quota, cost: 10, moment: 1)
        func correction(_ cost: AnswerCost, _ ending: Ending) -> Int64 {
            let item = Receipt.Item(refund, .unlessStatus(StatusSet([500...599])), cost)
            let correction = Receipt.Correction([item], after: ending)
            return correction.charges.reduce(0) { $0 + $1.entries[0].cost }
                - correction.refunds.reduce(0) { $0 + $1.cost }
        }
        let rows: [(AnswerCost, Ending, Int64)] = [
            (AnswerCost(.header), Ending(status: 200, bytes: 99, cost: 10), 0),
            (AnswerCost(.header), Ending(status: 200, bytes: 99, cost: 3), -7),
            (AnswerCost(.header), Ending(status: 200, bytes: 99, cost: 70), 60),
            (AnswerCost(.header), Ending(status: 200, bytes: 99), 0),
            (AnswerCost(.header), Ending(status: 500, cost: 70), -10),
            (AnswerCost(.header), Ending(status: 200, cost: .max), Quota.largestLimit),
            (AnswerCost(.bytes), Ending(status: 200, bytes: 0, cost: 70), -10),
            (AnswerCost(.bytes, scale: 100), Ending(status: 200, bytes: 1_001), 1),
            (AnswerCost(.bytes, scale: 100), Ending(status: 200, bytes: 1_000), 0),
        ]
        for (cost, ending, expected) in rows { #expect(correction(cost, ending) == expected, "\(cost), \(ending)") }
    }
}
