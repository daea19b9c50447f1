import Foundation
import Servers

/// The master is killed, the Sentinels promote its replica, and the old master comes back empty.
final class SentinelFault: Fault {
    private let sentinels: RedisSentinels
    /// The killed master had not yet replicated everything.
    private(set) var lossMoment: Microseconds?

    init(_ course: Course) throws {
        sentinels = try RedisSentinels(certificates: course.certificates)
    }

    var store: String { sentinels.location }
    var isMomentary: Bool { true }

    func strike(_ site: Site) throws {
        let (master, replica) = (sentinels.servers[0], sentinels.servers[1])
        master.send(SIGKILL)
        lossMoment = Sample.now()
        let isTakenOver = try waitUntil(every: 20) {
            try sentinels.master() === replica && replica.command("ROLE").hasPrefix("master")
        }
        guard isTakenOver else { throw ScenarioError("the Sentinels did not make the replica the master") }
    }

    func mend(_ site: Site) throws {
        try sentinels.servers[0].restart()
    }
}
