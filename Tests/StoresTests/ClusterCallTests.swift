import Limiters
import Servers
import Testing

@testable import Stores

@Suite("One call to a cluster")
struct ClusterCallTests {
    private let a: Charge.Entry
    private let b: Charge.Entry

    init() throws {
        let quota = try Quota(limit: 10, window: 60_000_000, algorithm: .slidingWindow)
        let policy = try Policy(name: "p", quota: quota)
        a = Charge.Entry(policy, for: Identity("client", "a".utf8))
        b = Charge.Entry(policy, for: Identity("client", "b".utf8))
    }

    private func refund(_ entry: Charge.Entry) throws -> Refund {
        let decision = Decision(admission: .allowed, limit: 10, remaining: 9, resetAfter: 60_000_000)
        return try #require(Refund(entry, by: decision, now: 1_000_000_000))
    }

    @Test("tells whether it touches one key only")
    func oneKey() throws {
        let (one, other) = (Charge([a]), Charge([b]))
        let calls: [(ClusterCall.Question, Bool)] = [
            (.charge([one]), true), (.charge([one, one]), true), (.charge([one, other]), false),
            (.look([Charge([a, b])]), false), (.look([one]), true), (.delete(a.key), true), (.publishReset, true),
            (.refund([try refund(a), try refund(a)]), true), (.refund([try refund(a), try refund(b)]), false),
        ]
        for (question, isOne) in calls { #expect(ClusterCall(question, slot: 0).hasOneKey == isOne, "\(question)") }
    }

    @Test("has numbers only after a reply that has some")
    func numbers() throws {
        let call = ClusterCall(.charge([Charge([a])]), slot: 7)
        func kind() -> StoreError.Kind? {
            do throws(StoreError) { _ = try call.numbers() } catch { return error.kind }
            return nil
        }
        #expect(kind() == .refused)
        call.reply = .slotMoving
        #expect(kind() == .refused)
        call.reply = .numbers([])
        #expect(kind() == .damaged)
        call.reply = .failed(StoreError(.full, "full"))
        #expect(kind() == .full)
        call.reply = .numbers([1, 2, 3])
        #expect(try call.numbers() == [1, 2, 3])
    }

    @Test("is written by digest, or whole after the server has lost the script")
    func write() throws {
        let server = try RedisServer()
        let location = RedisLocation(.unix(path: server.socket))
        let scripted = try ScriptedConnection(RedisConnection(location, deadlines: .patient))
        func words(_ call: ClusterCall) -> [Substring] {
            var command = RedisCommand(wordCount: 0)
            call.write(to: &command, scripted, clock: nil)
            let lines = String(decoding: command.bytes, as: UTF8.self).split(separator: "\r\n")
            #expect(lines[0].hasPrefix("*"))
            return stride(from: 2, to: lines.count, by: 2).map { lines[$0] }
        }
        let charge = ClusterCall(.charge([Charge([a])]), slot: 0)
        let digest = Substring(String(decoding: scripted.chargeDigest, as: UTF8.self))
        #expect(words(charge) == ["EVALSHA", digest, "1", "window:{client=a}:p", "w 10 60000000 1 e-"])
        #expect(words(ClusterCall(.look([Charge([a])]), slot: 0)).last == "w 10 60000000 1 e?")
        charge.isSentWhole = true
        #expect(words(charge).first == "EVAL")
        let refundDigest = Substring(String(decoding: scripted.refundDigest, as: UTF8.self))
        #expect(words(ClusterCall(.refund([try refund(a)]), slot: 0)).prefix(2) == ["EVALSHA", refundDigest])
        #expect(words(ClusterCall(.delete(a.key), slot: 0)) == ["DEL", "window:{client=a}:p"])
        #expect(words(ClusterCall(.publishReset, slot: 0)).prefix(2) == ["PUBLISH", "fcgi-limiter:resets"])
    }
}
