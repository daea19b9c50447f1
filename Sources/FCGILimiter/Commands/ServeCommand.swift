import Analytics
import ArgumentParser
import FastCGI
import Glibc
import Limiters
import Logging
import Rules
import Startup
import Stores

/// `fcgi-limiter serve`: answers requests until SIGTERM.
struct ServeCommand: ParsableCommand, VariableOptions {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer FastCGI requests until SIGTERM. Read the rules again on SIGHUP.",
        discussion: """
            If a web server starts the program as a CGI program, it answers one request and exits.

            Each option is also an environment variable: FCGI_LIMITER_STORE_DEADLINE is --store-deadline. An option on the \
            command line wins over its variable.

            REDIS_HOST, REDIS_PORT and REDIS_PASSWORD name the store if --store is not given. POSTGRES_HOST, POSTGRES_PORT, \
            POSTGRES_DB, POSTGRES_USER and POSTGRES_PASSWORD name the database if --postgres is not given.
            """
    )

    static let variablePrefix = "FCGI_LIMITER_"

    @OptionGroup var listenOptions: ListenOptions
    @OptionGroup var rulesOptions: RulesOptions
    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var storeFailureOptions: StoreFailureOptions
    @OptionGroup var recorderOptions: RecorderOptions

    @Option(help: "Number of event loops, from 1 to 256, each with its own thread and store connection.")
    var loops: BoundedNumber<1, 256> = 1

    @Option(help: "The least severe log lines that are printed.")
    var logLevel = Logger.Level.info

    func run() throws {
        let logger = Logger.ofProgram("fcgi-limiter", level: logLevel)
        try logger.run { try serve(logger) }
    }

    private func serve(_ logger: Logger) throws {
        // Before any thread starts, so that all of them leave the signals to this one.
        let signals = SignalSet(SIGTERM, SIGINT, SIGHUP)
        signals.block()

        let rules = try ActiveRules(rulesOptions.rules, logger)
        let location = try storeOptions.location()
        let deadlines = storeFailureOptions.storeDeadline
        let onFailure = storeFailureOptions.onStoreFailure
        // Opened once here, so that an unusable folder is known at the start; each loop opens its own store.
        let openStore = try location.opener(deadlines: deadlines)
        // A program that answers one request has no later one that could do without the store.
        let monitor = location.isRemote && !CGI.isRequested ? storeMonitor(location, logger, openStore) : nil
        try monitor?.start()
        let resets = ResetSubscriber(location, deadlines: deadlines, logger: logger)
        if monitor != nil { resets.start() }
        let local =
            location.isRemote
            ? FallbackStore(
                storeFailureOptions.localStore.location, share: storeFailureOptions.localShare.machines)
            : nil
        let answers = rules.current.policies.map { $0.onStoreFailure ?? onFailure }
        // A folder that cannot be used is to be known before it is needed.
        if answers.contains(.local) { _ = try local?.open() }
        let connections = ConnectionCount()
        let recording = recorderOptions.settings
        let ledger = Ledger(loops: loops.value, recordsClients: recording != nil)
        let recorder = recording.map { makeRecorder($0, location, ledger, connections, monitor, logger) }
        let healthCheck = HealthCheck()
        let storeHeader = storeFailureOptions.storeHeader
        let makeGateway = { @Sendable (index: Int) -> any Application in
            let source = monitor.map { ResilientStore.Source.watched($0, resets) } ?? .own(openStore())
            let store = ResilientStore(
                source, onFailure: onFailure, local: local,
                namedKind: storeHeader == .on ? location.kind : nil, logger: logger)
            return Gateway(
                rules: rules, store: store, tally: ledger[index],
                pages: StatusPages(
                    rules: rules, store: store, location: location, ledger: ledger, recorder: recorder,
                    connections: connections, healthCheck: healthCheck))
        }
        guard !CGI.isRequested else {
            CGI.answer(by: makeGateway(0))
            recorder?.recordOnce()
            return
        }

        let listener = try Listener(address)
        let server = Server(
            listener, loops: loops.value, connections: connections, report: { logger.warning("\($0)") },
            makeApplication: makeGateway)
        server.start()
        if let recorder { recorder.start() } else { ledger.startCollecting() }
        let records = recording.map { ", recording to \($0.location)" } ?? ""
        logger.info("serving on \(address), store \(location)\(records)")
        var signal = signals.wait()
        while signal == SIGHUP {
            rules.reload()
            signal = signals.wait()
        }
        logger.info("stopping on \(signal == SIGTERM ? "SIGTERM" : "SIGINT")")
        server.stop()
        recorder?.stop()
    }

    private var address: Listener.Address { listenOptions.address(defaultSocket: "fcgi-limiter.sock") }

    /// Keeps an unavailable store out of the requests' way; an answer that takes half the deadline is slow.
    private func storeMonitor(
        _ location: StoreLocation, _ logger: Logger, _ openStore: @escaping @Sendable () -> any Store
    ) -> StoreMonitor {
        StoreMonitor(
            "\(location)", CircuitBreaker.Thresholds(slow: storeFailureOptions.storeDeadline.command / 2),
            loops: loops.value, meanwhile: storeFailureOptions.onStoreFailure.meanwhile, logger: logger,
            openStore: openStore)
    }

    /// Writes this process's counts to PostgreSQL.
    private func makeRecorder(
        _ settings: RecorderSettings, _ location: StoreLocation, _ ledger: Ledger, _ connections: ConnectionCount,
        _ monitor: StoreMonitor?, _ logger: Logger
    ) -> Recorder {
        let process = RecordedProcess(
            mode: CGI.isRequested ? .cgi : .serve, version: programVersion, store: location.kind, loops: loops.value)
        return Recorder(
            settings, ledger, process, connections: { connections.value },
            storeError: monitor.map { monitor in { @Sendable in monitor.breaker.trouble } }
        ) { notice in
            switch notice {
            case .problem(let line): logger.error("\(line)")
            case .recovery(let line): logger.notice("\(line)")
            }
        }
    }
}
