import Analytics
import ArgumentParser
import FastCGI
import Logging
import Rules
import Startup
import Stores

/// What the program was told, by flags and environment variables, checked.
struct Settings: Sendable {
    let listen: Listener.Address
    /// The database; `nil` where nobody names one.
    let postgres: PostgresLocation?
    /// Microseconds that it may take to answer.
    let postgresDeadline: Int64
    /// The rules file; `nil` for the rules of the sample endpoints.
    let rules: String?
    let store: StoreLocation
    let allowed: NetworkList
    let workers: Int
    /// Where Chart.js is.
    let chartLibrary: String
    let logLevel: Logger.Level

    /// Flags before variables before defaults.
    ///
    /// - Throws: `ValidationError` that names the flag, its value and what it may be.
    init(_ flags: DashboardCommand, environment: ProcessEnvironment) throws {
        func own(_ flag: String?, _ name: String) -> String? {
            flag ?? environment["FCGI_LIMITER_DASHBOARD_" + name]
        }

        let mode = try parsed(own(flags.socketMode, "SOCKET_MODE"), "socket-mode", "an octal mode like 0660") {
            UInt32($0, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil }
        }
        rules = flags.rules ?? environment["FCGI_LIMITER_RULES"]
        do {
            listen = try Listener.Address(
                own(flags.listen, "LISTEN") ?? environment.defaultListen(socket: "fcgi-limiter-dashboard.sock"),
                mode: mode ?? 0o660, group: own(flags.socketGroup, "SOCKET_GROUP"))
            store = try StoreLocation(flags.store ?? environment["FCGI_LIMITER_STORE"] ?? environment.defaultStore)
            let text = flags.postgres ?? environment["FCGI_LIMITER_POSTGRES"]
            postgres = try text.map { try PostgresLocation($0) } ?? PostgresLocation { environment[$0] }
            let networks = own(flags.allow, "ALLOW")?.split { $0 == "," || $0 == " " }.map(String.init)
            allowed = try networks.map { try NetworkList($0) } ?? .loopback
        } catch {
            throw ValidationError("\(error)")
        }
        let deadline = try parsed(own(flags.postgresDeadline, "POSTGRES_DEADLINE"), "postgres-deadline", "1 to 600000")
        {
            Int64($0).flatMap { (1...600_000).contains($0) ? $0 * 1_000 : nil }
        }
        postgresDeadline = deadline ?? 5_000_000
        workers =
            try parsed(own(flags.workers, "WORKERS"), "workers", "1 to 64") {
                Int($0).flatMap { (1...64).contains($0) ? $0 : nil }
            } ?? 4
        chartLibrary = own(flags.chartJS, "CHART_JS") ?? "/usr/share/javascript/chart.js/chart.min.js"
        logLevel =
            try parsed(
                own(flags.logLevel, "LOG_LEVEL"), "log-level",
                Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            ) { Logger.Level(rawValue: $0) } ?? .info
    }

    /// A logger that writes one line an event to standard error.
    func makeLogger() -> Logger { .ofProgram("fcgi-limiter-dashboard", level: logLevel) }
}
