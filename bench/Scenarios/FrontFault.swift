import Foundation
import Servers

/// A fault of a limiter, of nginx or of their machine, with a healthy Redis.
final class FrontFault: Fault {
    /// The kind of fault.
    enum Kind: Sendable {
        /// One of the two limiters is killed by `kill -9` and started again.
        case limiterKilled
        /// nginx reloads its configuration.
        case nginxReloaded
        /// Eight busy processes compete for the CPU.
        case overloaded
    }

    private let kind: Kind
    private let redis: RedisServer
    private var busy: [ServerProcess] = []

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
        case .overloaded:
            let shell = try Program("sh", package: "dash")
            busy = try (0..<8).map { _ in
                try ServerProcess(shell, ["-c", "while :; do :; done"], in: TemporaryFolder())
            }
        }
    }

    func mend(_ site: Site) throws {
        switch kind {
        case .limiterKilled: try site.limiters[0].restart()
        case .nginxReloaded: break
        case .overloaded: for process in busy { process.send(SIGKILL) }
        }
    }
}
