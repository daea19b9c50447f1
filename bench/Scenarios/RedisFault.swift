import Foundation
import Servers

/// What can happen to a single Redis.
final class RedisFault: Fault {
    /// What happens.
    enum Kind: Sendable {
        /// `kill -9`; it is restarted, empty.
        case killed
        /// SIGSTOP; it is continued.
        case stopped
        /// An operator restarts it, and it is empty.
        case restarted
        /// `CLIENT PAUSE`.
        case paused
        /// `maxmemory` is reached, and nothing may be evicted.
        case full
        /// It is made the replica of a master that nobody can reach.
        case readOnly
    }

    private let kind: Kind
    private let pause: Int
    private let redis: RedisServer
    private(set) var lossMoment: Microseconds?

    /// Starts the Redis; a pause lasts `pause` milliseconds, because nothing can end it early.
    init(_ kind: Kind, pause: Int) throws {
        self.kind = kind
        self.pause = pause
        redis = try RedisServer()
        // Before the load begins: one big command holds up all others.
        if kind == .full { try redis.command("SETRANGE", "filler", "67108864", "x") }
    }

    var store: String { "redis+unix:\(redis.socket)" }
    var isMomentary: Bool { kind == .restarted }

    func strike(_ site: Site) throws {
        switch kind {
        case .killed:
            redis.send(SIGKILL)
            lossMoment = Sample.now()
        case .stopped: redis.send(SIGSTOP)
        case .restarted:
            redis.stop()
            lossMoment = Sample.now()
            try redis.restart()
        case .paused: try redis.command("CLIENT", "PAUSE", "\(pause)", "ALL")
        case .full:
            try redis.command("CONFIG", "SET", "maxmemory", "64mb")
        case .readOnly: try redis.command("REPLICAOF", "127.0.0.1", "\(FreePort().number)")
        }
    }

    func mend(_ site: Site) throws {
        switch kind {
        case .killed: try redis.restart()
        case .stopped: redis.send(SIGCONT)
        case .restarted: break
        // It is answered when the pause is over.
        case .paused: try redis.command("PING")
        case .full:
            try redis.command("CONFIG", "SET", "maxmemory", "0")
        case .readOnly: try redis.command("REPLICAOF", "NO", "ONE")
        }
    }
}
