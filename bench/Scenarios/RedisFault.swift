import Foundation
import Servers

/// A fault of a single Redis.
final class RedisFault: Fault {
    /// The kind of fault.
    enum Kind: Sendable {
        /// `kill -9`, then a restart with an empty database.
        case killed
        /// SIGSTOP, then SIGCONT.
        case stopped
        /// A restart by an operator, with an empty database.
        case restarted
        /// `CLIENT PAUSE`.
        case paused
        /// `maxmemory` is reached without eviction.
        case full
        /// Redis becomes the replica of an unreachable master.
        case readOnly
    }

    private let kind: Kind
    private let pause: Int
    private let redis: RedisServer
    private let certificates: Certificates?
    private(set) var lossMoment: Microseconds?

    /// Starts Redis.
    ///
    /// A `CLIENT PAUSE` lasts as long as the fault, because nothing can end it early.
    init(_ kind: Kind, _ course: Course) throws {
        self.kind = kind
        pause = course.pause
        certificates = course.certificates
        let port = try FreePort()
        let options = try certificates.map { $0.options(only: port, try $0.issue()) }
        redis = try options.map { try RedisServer(.socketAnd(port), options: $0) } ?? RedisServer()
        // Before the load begins, because one big command delays all others.
        if kind == .full { try redis.command("SETRANGE", "filler", "67108864", "x") }
    }

    var store: String {
        certificates.map { "rediss://127.0.0.1:\(redis.port)\($0.query)" } ?? "redis+unix:\(redis.socket)"
    }
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
        // The answer comes when the pause is over.
        case .paused: try redis.command("PING")
        case .full:
            try redis.command("CONFIG", "SET", "maxmemory", "0")
        case .readOnly: try redis.command("REPLICAOF", "NO", "ONE")
        }
    }
}
