import FastCGI
import Glibc

/// The process's environment variables; an empty one counts as absent.
public struct ProcessEnvironment: Sendable {
    /// The environment of this process.
    public init() {}

    /// The value of a variable; `nil` where it is absent or empty.
    public subscript(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Where to listen if nobody says: descriptor 0 where mod_fcgid or spawn-fcgi put a socket there, systemd's socket where
    /// it passed one, else a unix socket of this name that this user can create.
    public func defaultListen(socket name: String) -> String {
        if Listener.isListening(0) { return "fd:0" }
        if self["LISTEN_PID"] == String(getpid()) { return "systemd" }
        return "unix:\(runtimeFolder)/\(name)"
    }

    private var runtimeFolder: String {
        self["RUNTIME_DIRECTORY"] ?? (geteuid() == 0 ? "/run" : self["XDG_RUNTIME_DIR"] ?? "/tmp")
    }

    /// Which store if nobody says: Redis where the usual variables name one, else the embedded store in this machine's
    /// memory, one a user.
    public var defaultStore: String {
        guard let host = self["REDIS_HOST"] else { return "embedded:/dev/shm/fcgi-limiter-\(geteuid())" }
        let credentials = self["REDIS_PASSWORD"].map { ":\(Self.percentEncoded($0))@" } ?? ""
        return "redis://\(credentials)\(host.contains(":") ? "[\(host)]" : host):\(self["REDIS_PORT"] ?? "6379")"
    }

    private static func percentEncoded(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
