import Foundation
import Servers

/// The master that Sentinels watch is killed, and they make its replica the master; the killed one comes back, empty.
final class SentinelFault: Fault {
    private let sentinels: RedisSentinels
    /// The master had not yet sent everything to its replica when it was killed.
    private(set) var lossMoment: Microseconds?

    init() throws {
        sentinels = try RedisSentinels()
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
