import Foundation
import Synchronization

/// A private PostgreSQL on a unix socket, and on TCP where asked, with a database of its own.
///
/// It never runs as root: as root the tests start it as the user that Debian's package has made for it.
public final class PostgresServer: Sendable {
    /// How it can be reached.
    public enum Reach: Sendable {
        /// By its unix socket.
        case socket
        /// By its unix socket and by a free port of 127.0.0.1, there with the password `secret`.
        case socketAndPort
    }

    /// The TCP port; 0 where it has none.
    public let port: Int

    private let folder: TemporaryFolder
    private let process: Mutex<ServerProcess>
    /// What is put in front of a program to start it as another user.
    private static let asOther = geteuid() == 0 ? ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"] : []

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - reach: how it can be reached.
    ///   - options: lines of `postgresql.conf`, such as `max_connections = 10`.
    /// - Throws: ``ServerError`` when PostgreSQL is not installed, or does not start.
    public init(_ reach: Reach = .socket, options: [String] = []) throws {
        folder = try TemporaryFolder()
        port = reach == .socket ? 0 : try FreePort().number
        if !Self.asOther.isEmpty, let user = getpwnam("postgres") {
            chown(folder.path, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        let made = try Program("setpriv", package: "util-linux").run(
            Self.asOther + [
                "--", Self.program("initdb").path, "-D", folder.path("data"), "-U", "limiter", "-A", "trust", "-E",
                "UTF8",
                "--locale=C", "--no-sync",
            ])
        guard made.status == 0 else { throw ServerError("initdb: \(made.errors)\(made.text)") }
        // By TCP with a password, by the socket without.
        try Data("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n".utf8).write(
            to: URL(fileURLWithPath: folder.path("data/pg_hba.conf")))
        let lines = [
            "listen_addresses = '\(port == 0 ? "" : "127.0.0.1")'", "port = \(port == 0 ? 5_432 : port)",
            "unix_socket_directories = '\(folder.path)'", "unix_socket_permissions = 0777",
            // A killed server is to have what it had confirmed; that the machine may crash is not tested.
            "fsync = off", "shared_buffers = 32MB", "log_min_messages = warning",
        ]
        let configuration = (lines + options).joined(separator: "\n") + "\n"
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder.path("data/postgresql.conf")))
        process = Mutex(try Self.start(in: folder, port: port))
        try query("create database site", database: "postgres")
        try query("alter role limiter password 'secret'")
    }

    private static func program(_ name: String) throws -> Program {
        // Debian keeps each version's programs in a folder of its own.
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let latest = versions.compactMap { Int($0) }.max().map { "/usr/lib/postgresql/\($0)/bin/\(name)" }
        guard let latest, let program = try? Program(at: latest) else {
            return try Program(name, package: "postgresql")
        }
        return program
    }

    private static func start(in folder: TemporaryFolder, port: Int) throws -> ServerProcess {
        let words = ["--", try program("postgres").path, "-D", folder.path("data")]
        let setpriv = try Program("setpriv", package: "util-linux")
        let file = folder.path("data/postmaster.pid")
        // The last line of its file says when it is ready.
        return try ServerProcess(setpriv, asOther + ["--pdeathsig", "KILL"] + words, in: folder, deadline: 30) {
            (try? String(contentsOfFile: file, encoding: .utf8))?.contains("ready") == true
        }
    }

    /// The folder of its socket, as a connection string has it after `host=`.
    public var host: String { folder.path }

    /// The port's number, which also names the socket.
    public var portNumber: Int { port == 0 ? 5_432 : port }

    /// A connection string for the database, by the unix socket.
    public var location: String { "host=\(folder.path) port=\(portNumber) user=limiter dbname=site" }

    /// What it wrote.
    public var logText: String { process.withLock(\.logText) }

    /// Sends the server's first process a signal.
    public func send(_ signal: Int32) {
        process.withLock { $0.send(signal) }
    }

    /// Stops all processes of the server where they are (SIGSTOP), or lets them go on (SIGCONT).
    public func freeze(_ isFrozen: Bool) {
        process.withLock { process in
            let children =
                (try? String(
                    contentsOfFile: "/proc/\(process.pid)/task/\(process.pid)/children", encoding: .utf8)) ?? ""
            for pid in [process.pid] + children.split(separator: " ").compactMap({ pid_t($0) }) {
                kill(pid, isFrozen ? SIGSTOP : SIGCONT)
            }
        }
    }

    /// Ends the server as an operator in a hurry would (SIGINT): connections are cut.
    public func stop() {
        process.withLock { process in
            process.send(SIGINT)
            _ = process.waitForEnd(deadline: 10)
            process.stop()
        }
    }

    /// Ends the server without warning (SIGKILL): what it had confirmed is still there after a restart.
    public func kill9() {
        process.withLock { process in
            process.send(SIGKILL)
            _ = process.waitForEnd(deadline: 10)
            process.stop()
        }
    }

    /// Starts it anew, once it has ended, with the data that it had.
    ///
    /// - Throws: ``ServerError`` when it does not start.
    public func start() throws {
        try process.withLock { process in
            process.stop()
            try? FileManager.default.removeItem(atPath: folder.path("data/postmaster.pid"))
            process = try Self.start(in: folder, port: port)
        }
    }

    /// What `psql` prints for a statement: a line for each row, `|` between the columns.
    ///
    /// - Throws: ``ServerError`` when `psql` is missing, cannot connect, or the statement fails.
    @discardableResult
    public func query(_ sql: String, database: String = "site") throws -> String {
        let client = try Program("psql", package: "postgresql-client")
        let outcome = try client.run([
            "-h", folder.path, "-p", "\(portNumber)", "-U", "limiter", "-d", database, "-X", "-q", "-A", "-t", "-v",
            "ON_ERROR_STOP=1", "-c", sql,
        ])
        guard outcome.status == 0 else { throw ServerError("psql: \(outcome.errors)\(outcome.text)") }
        return outcome.text
    }

    /// The number that a statement gives; 0 where it gives none.
    public func number(_ sql: String) throws -> Int {
        Int(try query(sql)) ?? 0
    }
}
