import Limiters
import Testing

@testable import Stores

/// Answers the calls of a batch by hand, as nodes would.
@Suite("A batch on its way through a cluster")
struct ClusterBatchTests {
    private static let now: Microseconds = 1_000_000_000

    private func entry(_ client: String, _ policy: String = "p", cost: Int64 = 1) throws -> Charge.Entry {
        let quota = try Quota(limit: 10, window: 60_000_000, algorithm: .slidingWindow)
        return Charge.Entry(try Policy(name: policy, quota: quota), for: Identity("client", client.utf8), cost: cost)
    }

    /// A reply that allows or refuses so many entries.
    private func reply(_ count: Int, wait: Int64 = 0, remaining: Int64 = 9) -> ClusterCall.Reply {
        .numbers([Self.now] + (0..<count).flatMap { _ in [wait, remaining, 60_000_000] })
    }

    private func names(_ calls: [ClusterCall]) -> [String] {
        calls.map { call in
            switch call.question {
            case .charge(let charges): "charge \(charges.count)"
            case .look(let charges): "look \(charges.count)"
            case .refund(let refunds): "refund \(refunds.count)"
            case .delete: "delete"
            case .publishReset: "publish"
            case .sharedText: "text"
            }
        }
    }

    private func next(_ batch: inout ClusterBatch) throws -> [ClusterCall] {
        let calls = batch.nextCalls()
        return try #require(calls)
    }

    private func expectNoCalls(_ batch: inout ClusterBatch) {
        let calls = batch.nextCalls()
        #expect(calls?.isEmpty == nil)
    }

    @Test("a request without policies is decided without a call")
    func noPolicies() throws {
        var batch = ClusterBatch([Charge([])], clock: 5, isMoving: { _ in false })
        expectNoCalls(&batch)
        #expect(try batch.results.map { try $0.get().now } == [5])
    }

    @Test("requests of one slot share calls of at most 64 keys")
    func sharing() throws {
        let charges = try (0..<40).map { _ in Charge([try entry("a", "p"), try entry("a", "q")]) }
        var batch = ClusterBatch(charges, clock: nil, isMoving: { _ in false })
        let calls = try next(&batch)
        #expect(names(calls) == ["charge 32", "charge 8"])
        calls[0].reply = reply(64)
        calls[1].reply = reply(16, wait: 2_000_000, remaining: 0)
        batch.advance(isMoving: { _ in false })
        expectNoCalls(&batch)
        #expect(try batch.results.map { try $0.get().isAllowed } == (0..<40).map { $0 < 32 })
    }

    @Test("while a slot moves, each of its keys has a call of its own")
    func moving() throws {
        let charge = Charge([try entry("a", "p"), try entry("a", "q")])
        let request = ClusterRequest(0, charge, isMoving: { _ in true })
        #expect(request.parts.map(\.entries) == [[0], [1]])
        #expect(ClusterRequest(0, charge, isMoving: { _ in false }).parts.map(\.entries) == [[0, 1]])
        var batch = ClusterBatch([charge], clock: nil, isMoving: { _ in true })
        let last = try names(next(&batch))
        #expect(last == ["look 1", "look 1"])
    }

    @Test("policies in several slots are looked at first, and a refusal charges none of them")
    func refusedLook() throws {
        var batch = ClusterBatch([Charge([try entry("a"), try entry("b")])], clock: nil, isMoving: { _ in false })
        let looks = try next(&batch)
        #expect(names(looks) == ["look 1", "look 1"])
        looks[0].reply = reply(1)
        looks[1].reply = reply(1, wait: 3_000_000, remaining: 0)
        batch.advance(isMoving: { _ in false })
        expectNoCalls(&batch)
        #expect(try batch.results[0].get().admission == .refused(retryAfter: 3_000_000))
    }

    @Test("if another request comes between look and charge, the charge is refunded and looked at again")
    func refunded() throws {
        var batch = ClusterBatch([Charge([try entry("a"), try entry("b")])], clock: nil, isMoving: { _ in false })
        for look in try next(&batch) { look.reply = reply(1) }
        batch.advance(isMoving: { _ in false })
        let charges = try next(&batch)
        #expect(names(charges) == ["charge 1", "charge 1"])
        charges[0].reply = reply(1, remaining: 8)
        charges[1].reply = reply(1, wait: 3_000_000, remaining: 0)
        batch.advance(isMoving: { _ in false })
        let refunds = try next(&batch)
        #expect(names(refunds) == ["refund 1", "look 1", "publish"])
        #expect(refunds.allSatisfy { $0.slot == charges[0].slot })
        refunds[1].reply = reply(1, remaining: 9)
        batch.advance(isMoving: { _ in false })
        expectNoCalls(&batch)
        let verdict = try batch.results[0].get()
        #expect(verdict.admission == .refused(retryAfter: 3_000_000))
        #expect(verdict.decisions.map(\.remaining) == [9, 0])
    }

    @Test("a failure after a charge is the outcome, once the charge is refunded")
    func failedCharge() throws {
        var batch = ClusterBatch([Charge([try entry("a"), try entry("b")])], clock: nil, isMoving: { _ in false })
        for look in try next(&batch) { look.reply = reply(1) }
        batch.advance(isMoving: { _ in false })
        let charges = try next(&batch)
        charges[0].reply = .failed(StoreError(.unreachable, "down"))
        charges[1].reply = reply(1)
        batch.advance(isMoving: { _ in false })
        let last = try names(next(&batch))
        #expect(last == ["refund 1", "look 1", "publish"])
        batch.advance(isMoving: { _ in false })
        #expect(throws: StoreError(.unreachable, "down")) { try batch.results[0].get() }
    }

    @Test("a request whose slot begins to move starts again, three times at most")
    func movedSlot() throws {
        var batch = ClusterBatch(
            [Charge([try entry("a", "p"), try entry("a", "q")])], clock: nil, isMoving: { _ in false })
        for _ in 1...3 {
            let calls = try next(&batch)
            #expect(names(calls) == ["charge 1"])
            calls[0].reply = .slotMoving
            batch.advance(isMoving: { _ in false })
        }
        expectNoCalls(&batch)
        #expect(throws: ClusterRequest.slotMoved) { try batch.results[0].get() }
    }
}
