import Analytics
import ArgumentParser
import FastCGI
import Glibc
import Limiters
import Logging
import Startup
import Stores

/// What `serve` was told, by flags and environment variables, checked.
struct Settings: Sendable {
    let listen: Listener.Address
    /// The rules file; `nil` for the rules of the sample endpoints.
    let rules: String?
    let store: StoreLocation
    let storeDeadlines: RedisDeadlines
    let onStoreFailure: StoreFailureAnswer
    /// What decides where that is `local`.
    let localStore: StoreLocation
    /// Among how many such stores each limit is divided.
    let localShare: Int64
    /// Whether answers say who decided.
    let storeHeader: Bool
    /// What is recorded where; `nil` where no database is named.
    let recorder: RecorderSettings?
    let loops: Int
    let logLevel: Logger.Level

    /// Flags before variables before defaults.
    ///
    /// - Throws: `ValidationError` that names the flag, its value and what it may be.
    init(_ flags: Serve, environment: ProcessEnvironment) throws {
        func setting(_ flag: String?, _ name: String) -> String? {
            flag ?? environment["FCGI_LIMITER_" + name]
        }

        let mode = try parsed(setting(flags.socketMode, "SOCKET_MODE"), "socket-mode", "an octal mode like 0660") {
            UInt32($0, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil }
        }
        let listen = setting(flags.listen, "LISTEN") ?? environment.defaultListen(socket: "fcgi-limiter.sock")
        let storeText = setting(flags.store, "STORE") ?? environment.defaultStore
        rules = setting(flags.rules, "RULES")
        do {
            self.listen = try Listener.Address(
                listen, mode: mode ?? 0o660, group: setting(flags.socketGroup, "SOCKET_GROUP"))
            store = try StoreLocation(storeText)
        } catch {
            throw ValidationError("\(error)")
        }

        let deadline = try parsed(setting(flags.storeDeadline, "STORE_DEADLINE"), "store-deadline", "1 to 60000") {
            Int64($0).flatMap { (1...60_000).contains($0) ? $0 * 1_000 : nil }
        }
        storeDeadlines = deadline.map { RedisDeadlines(connect: $0, command: $0) } ?? RedisDeadlines()
        onStoreFailure =
            try parsed(setting(flags.onStoreFailure, "ON_STORE_FAILURE"), "on-store-failure", "allow, deny or local") {
                StoreFailureAnswer(rawValue: $0)
            } ?? .allow
        localStore =
            try parsed(setting(flags.localStore, "LOCAL_STORE"), "local-store", "embedded:PATH") { text in
                let location = try? StoreLocation(text)
                return location?.isRemote == false ? location : nil
            } ?? .embedded(path: "/dev/shm/fcgi-limiter-local-\(geteuid())", size: StoreLocation.defaultSize)
        localShare =
            try parsed(setting(flags.localShare, "LOCAL_SHARE"), "local-share", "1/1 to 1/10000") {
                $0.hasPrefix("1/") ? Int64($0.dropFirst(2)).flatMap { (1...10_000).contains($0) ? $0 : nil } : nil
            } ?? 1
        storeHeader =
            try parsed(setting(flags.storeHeader, "STORE_HEADER"), "store-header", "on or off") {
                ["on": true, "off": false][$0]
            } ?? false
        recorder = try flags.postgresOptions.location(environment).map { location in
            RecorderSettings(
                location,
                names: try parsed(
                    setting(flags.recordClients, "RECORD_CLIENTS"), "record-clients", "plain or hashed"
                ) { text in
                    switch text {
                    case "plain": .plain
                    case "hashed": .hashed(secret: environment["FCGI_LIMITER_CLIENT_SECRET"] ?? "")
                    default: nil
                    }
                } ?? .plain,
                retention: try parsed(
                    setting(flags.keep, "KEEP"), "keep", "days from 1 to 3650, for example fine=7,events=14,rollups=190"
                ) { Retention($0) } ?? Retention(),
                spool: try parsed(
                    setting(flags.spool, "SPOOL"), "spool",
                    "a folder and at least 64K, for example /var/spool/limiter?size=1G"
                ) { SpoolLocation($0) } ?? SpoolLocation(stateFolder: environment["STATE_DIRECTORY"], user: geteuid()))
        }
        loops =
            try parsed(setting(flags.loops, "LOOPS"), "loops", "1 to 256") {
                Int($0).flatMap { (1...256).contains($0) ? $0 : nil }
            } ?? 1
        logLevel =
            try parsed(
                setting(flags.logLevel, "LOG_LEVEL"), "log-level",
                Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            ) { Logger.Level(rawValue: $0) } ?? .info
    }

    /// A logger that writes one line an event to standard error.
    func makeLogger() -> Logger { .ofProgram("fcgi-limiter", level: logLevel) }

    /// What writes this process's counts to PostgreSQL; `nil` where no database is named.
    func makeRecorder(
        _ ledger: Ledger, _ connections: ConnectionCount, _ watch: StoreMonitor?, _ logger: Logger
    ) -> Recorder? {
        guard let recorder else { return nil }
        let process = RecordedProcess(
            mode: CGI.isRequested ? .cgi : .serve, version: programVersion, store: store.kind, loops: loops)
        return Recorder(
            recorder, ledger, process, connections: { connections.value },
            storeError: watch.map { watch in { @Sendable in watch.breaker.trouble } }
        ) { notice in
            switch notice {
            case .problem(let line): logger.error("\(line)")
            case .recovery(let line): logger.notice("\(line)")
            }
        }
    }

    /// Opens the store once, so that a folder that cannot be used is known at the start; each loop opens its own by the
    /// result.
    func storeOpener() throws(StoreError) -> @Sendable () -> any Store {
        try store.opener(deadlines: storeDeadlines)
    }

    /// What keeps a store that may be away off the requests' way: half the deadline is slow.
    func watch(_ openStore: @escaping @Sendable () -> any Store, _ logger: Logger) -> StoreMonitor {
        StoreMonitor(
            "\(store)", CircuitBreaker.Thresholds(slow: storeDeadlines.command / 2), loops: loops,
            meanwhile: onStoreFailure.meanwhile, logger: logger, openStore: openStore)
    }
}
