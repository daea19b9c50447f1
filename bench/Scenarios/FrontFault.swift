import Foundation
import Servers

/// A fault of a limiter or of nginx, with a healthy Redis.
final class FrontFault: Fault {
    /// The kind of fault.
    enum Kind: Sendable {
        /// One of the two limiters is killed by `kill -9` and started again.
        case limiterKilled
        /// nginx reloads its configuration.
        case nginxReloaded
    }

    private let kind: Kind
    private let redis: RedisServer

    init(_ kind: Kind) throws {
        self.kind = kind
        redis = try RedisServer()
    }

    var store: String { "redis+unix:\(redis.socket)" }
    var isMomentary: Bool { kind == .nginxReloaded }

    func strike(_ site: Site) throws {
        switch kind {
        case .limiterKilled: site.limiters[0].send(SIGKILL)
        case .nginxReloaded: site.nginx.reload()
        }
    }

    func mend(_ site: Site) throws {
        if kind == .limiterKilled { try site.limiters[0].restart() }
    }
}
