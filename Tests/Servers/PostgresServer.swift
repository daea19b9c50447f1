import Foundation
import Synchronization

/// A private PostgreSQL with a database, on a Unix socket and optionally on TCP.
///
/// It is the latest version that Debian has installed, or that in the folder POSTGRES_PROGRAMS, an environment variable.
///
/// PostgreSQL refuses to run as root, so root starts it as the user of Debian's package.
public final class PostgresServer: Sendable {
    /// How clients reach the server.
    public enum Reach: Sendable {
        /// By a Unix socket.
        case socket
        /// By a Unix socket and, with the password `secret`, a free port on 127.0.0.1.
        case socketAndPort
    }

    /// The TCP port; 0 without one.
    public let port: Int

    private let folder: TemporaryFolder
    private let process: Mutex<ServerProcess>
    /// The options of `setpriv` that change the user.
    static let asOther = geteuid() == 0 ? ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"] : []

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - reach: how clients reach the server.
    ///   - options: lines of `postgresql.conf`, such as `max_connections = 10`.
    /// - Throws: ``ServerError`` when PostgreSQL is not installed, or does not start.
    public init(_ reach: Reach = .socket, options: [String] = []) throws {
        folder = try TemporaryFolder()
        port = reach == .socket ? 0 : try FreePort().number
        let initdb = ["-U", "limiter", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        try Self.makeData("initdb", initdb, in: folder)
        // TCP needs a password, the socket does not.
        try folder.write(
            "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 scram-sha-256\n",
            to: "data/pg_hba.conf")
        process = Mutex(try Self.start(in: folder, port: port, options: options))
        try query("create database site", database: "postgres")
        try query("alter role limiter password 'secret'")
    }

    /// Starts a server on a Unix socket that replicates another one by streaming, and can only be read.
    ///
    /// - Throws: ``ServerError`` when it does not start.
    public init(replicaOf primary: PostgresServer, options: [String] = []) throws {
        folder = try TemporaryFolder()
        port = 0
        let source = ["-d", "host=\(primary.host) port=\(primary.portNumber) user=limiter"]
        try Self.makeData("pg_basebackup", source + ["-R", "-c", "fast"], in: folder)
        process = Mutex(try Self.start(in: folder, port: port, options: options))
    }

    /// Runs a program that makes the folder of a server's data.
    private static func makeData(_ name: String, _ arguments: [String], in folder: TemporaryFolder) throws {
        give(folder.path)
        let made = try Program("setpriv", package: "util-linux").run(
            asOther + ["--", program(name).path, "-D", folder.path("data")] + arguments)
        guard made.status == 0 else { throw ServerError("\(name): \(made.errors)\(made.text)") }
    }

    /// Gives a file to the user of the servers.
    public static func give(_ path: String) {
        guard !asOther.isEmpty, let user = getpwnam("postgres") else { return }
        chown(path, user.pointee.pw_uid, user.pointee.pw_gid)
    }

    private static func program(_ name: String) throws -> Program {
        if let folder = ProcessInfo.processInfo.environment["POSTGRES_PROGRAMS"] {
            return try Program(at: "\(folder)/\(name)")
        }
        // Debian installs each version into its own folder.
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let latest = versions.compactMap { Int($0) }.max().map { "/usr/lib/postgresql/\($0)/bin/\(name)" }
        guard let latest, let program = try? Program(at: latest) else {
            return try Program(name, package: "postgresql")
        }
        return program
    }

    /// Writes `postgresql.conf` and starts the server.
    private static func start(in folder: TemporaryFolder, port: Int, options: [String]) throws -> ServerProcess {
        let lines = [
            "listen_addresses = '\(port == 0 ? "" : "127.0.0.1")'", "port = \(port == 0 ? 5_432 : port)",
            "unix_socket_directories = '\(folder.path)'", "unix_socket_permissions = 0777",
            // A killed process keeps what it confirmed even without fsync. A crash of the machine is not tested.
            "fsync = off", "shared_buffers = 32MB", "log_min_messages = warning",
        ]
        try folder.write((lines + options).joined(separator: "\n") + "\n", to: "data/postgresql.conf")
        return try start(in: folder)
    }

    private static func start(in folder: TemporaryFolder) throws -> ServerProcess {
        let words = ["--", try program("postgres").path, "-D", folder.path("data")]
        let setpriv = try Program("setpriv", package: "util-linux")
        let file = folder.path("data/postmaster.pid")
        // The last line of postmaster.pid says when the server is ready.
        return try ServerProcess(setpriv, asOther + ["--pdeathsig", "KILL"] + words, in: folder, deadline: 30) {
            (try? String(contentsOfFile: file, encoding: .utf8))?.contains("ready") == true
        }
    }

    /// The folder of the socket, for `host=` in a connection string.
    public var host: String { folder.path }

    /// The port number, which is part of the socket's name.
    public var portNumber: Int { port == 0 ? 5_432 : port }

    /// A connection string for the database over the Unix socket.
    public var location: String { "host=\(folder.path) port=\(portNumber) user=limiter dbname=site" }

    /// The log.
    public var logText: String { process.withLock(\.logText) }

    /// Sends a signal to the main process.
    public func send(_ signal: Int32) {
        process.withLock { $0.send(signal) }
    }

    /// Stops (SIGSTOP) or continues (SIGCONT) all processes of the server.
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

    /// Shuts the server down fast (SIGINT), which cuts connections.
    public func stop() {
        process.withLock { process in
            process.send(SIGINT)
            _ = process.waitForEnd(deadline: 10)
            process.stop()
        }
    }

    /// Kills the server (SIGKILL).
    ///
    /// Confirmed data is still there after a restart.
    public func kill9() {
        process.withLock { process in
            process.send(SIGKILL)
            _ = process.waitForEnd(deadline: 10)
            process.stop()
        }
    }

    /// Starts an ended server again with its data.
    ///
    ///
    /// - Throws: ``ServerError`` when it does not start.
    public func start() throws {
        try process.withLock { process in
            process.stop()
            try? FileManager.default.removeItem(atPath: folder.path("data/postmaster.pid"))
            process = try Self.start(in: folder)
        }
    }

    /// Runs a statement with `psql` and returns a line per row, with `|` between the columns.
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

    /// The number that a statement returns; 0 if it returns none.
    public func number(_ sql: String) throws -> Int {
        Int(try query(sql)) ?? 0
    }
}
