import Foundation
import Histories
import Servers
import Testing

/// A mistake in `charge.lua`, made on the script's way to Redis: one text is replaced by another of the same length.
struct PlantedBug: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let from: String
    let to: String

    static let all = [
        PlantedBug(
            testDescription: "a bucket that forgets a request of one unit",
            from: "if takes and cost > 0 then arrivals", to: "if takes and cost > 1 then arrivals"),
        PlantedBug(
            testDescription: "a window that charges one unit for any cost",
            from: "used = used + taken", to: "used = used + 1    "),
        PlantedBug(
            testDescription: "a window that refuses its last unit",
            from: "forced or used + cost <= limit", to: "forced or used + cost <  limit"),
        PlantedBug(
            testDescription: "a window whose units return ten milliseconds early",
            from: "if gone < older and pairAt(key, text, gone) <= moment - window then",
            to: "if gone<older and pairAt(key, text, gone) <= moment-window+1E4 then"),
        PlantedBug(
            testDescription: "a policy that is charged although another one refuses",
            from: "if admission ~= 0 and ask.enforced", to: "if admission <  0 and ask.enforced"),
    ]
}

@Suite("The history checker finds", .serialized)
struct PlantedBugTests {
    @Test("a planted bug", arguments: PlantedBug.all)
    func bug(_ bug: PlantedBug) throws {
        #expect(bug.from.utf8.count == bug.to.utf8.count)
        let script = try Template(file: "Sources/Stores/Redis/Scripts/charge.lua").text
        #expect(script.components(separatedBy: bug.from).count == 2, "the place of the bug is gone")
        let server = try RedisServer()
        let wire = try LongWire(to: .unix(path: server.socket), changing: (bug.from, bug.to))
        let recorders = try Recorders(on: "redis+unix:\(wire.socket)")
        let history = try recorders.history(after: 800)
        #expect(!HistoryChecker(recorders.model).violations(in: history).isEmpty)
    }

    @Test("nothing if the script is passed on as it is")
    func noBug() throws {
        let server = try RedisServer()
        let wire = try LongWire(to: .unix(path: server.socket), changing: ("local", "local"))
        let recorders = try Recorders(on: "redis+unix:\(wire.socket)")
        #expect(try HistoryChecker(recorders.model).violations(in: recorders.history(after: 1_000)).isEmpty)
    }
}
