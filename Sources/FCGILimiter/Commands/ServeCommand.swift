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

            REDIS_HOST, REDIS_PORT, REDIS_USER and REDIS_PASSWORD or REDIS_PASSWORD_FILE name the store if --store is not \
            given. POSTGRES_HOST, POSTGRES_PORT, POSTGRES_DB, POSTGRES_USER and POSTGRES_PASSWORD name the database if \
            --postgres is not given.
            """
    )

    static let variablePrefix = "FCGI_LIMITER_"

    static let otherVariables = [
        "FCGI_LIMITER_ALERT_SECRET", "FCGI_LIMITER_CLIENT_SECRET", "FCGI_LIMITER_DASHBOARD_", "FCGI_LIMITER_FRONT",
    ]

    @OptionGroup var listenOptions: ListenOptions
    @OptionGroup var rulesOptions: RulesOptions
    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var storeUseOptions: StoreUseOptions
    @OptionGroup var reportOptions: ReportOptions
    @OptionGroup var recorderOptions: RecorderOptions
    @OptionGroup var alertOptions: AlertOptions

    @Option(help: "Whether to let every request pass and only count and log those that the rules would refuse.")
    var shadow = Switch.off

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

        let rules = try ActiveRules(rulesOptions.rules, mode: shadow == .on ? .shadow : .enforced, logger)
        let location = try storeOptions.location()
        let store = try ResilientStore(location, storeUseOptions.options(sessions: loops.value), logger: logger)
        try store.start()
        if CGI.isRequested { store.overrides.readOnce() } else { store.overrides.start() }
        let answers = rules.current.policies.map { $0.onStoreFailure ?? storeUseOptions.onStoreFailure }
        if answers.contains(.local) { store.openFallback() }
        let connections = ConnectionCount()
        let recording = recorderOptions.settings
        let ledger = Ledger(loops: loops.value, recordsClients: recording != nil)
        let recorder = recording.map { makeRecorder($0, store, ledger, connections, logger) }
        let settler = Settler(store, reportOptions.reports.address, timeout: reportOptions.timeout, ledger, logger)
        let healthCheck = HealthCheck()
        let storeHeader = storeUseOptions.storeHeader == .on ? StoreHeader(store) : nil
        let makeGateway = { @Sendable (index: Int) -> any Application in
            let session = store.makeSession()
            return Gateway(
                rules: rules, overrides: store.overrides, store: session, storeHeader: storeHeader,
                settler: settler, tally: ledger[index],
                pages: StatusPages(
                    rules: rules, store: store, session: session, ledger: ledger, recorder: recorder, settler: settler,
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
        if !rules.current.countConditions.isEmpty {
            settler.start()
            settler.waitForSecret()
        }
        server.start()
        rules.startReloading { ledger.annotate(.reload, $0) }
        ledger.annotate(.start, "fcgi-limiter \(programVersion) started with \(rules.summary)")
        if let recorder { recorder.start() } else { ledger.startCollecting() }
        if let webhook = alertOptions.webhook {
            AlertWatch(webhook, alertOptions.thresholds, store, ledger, recorder, logger).start()
        }
        let shadowReport = shadow == .on ? ShadowReport(ledger, logger) : nil
        shadowReport?.start()
        let records = recording.map { ", recording to \($0.location)" } ?? ""
        let refuses = shadow == .on ? ", refusing no request" : ""
        logger.info("serving on \(address) by \(rules.summary)\(refuses), store \(location)\(records)")
        var signal = signals.wait()
        while signal == SIGHUP {
            rules.requestReload()
            signal = signals.wait()
        }
        logger.info("stopping on \(signal == SIGTERM ? "SIGTERM" : "SIGINT")")
        server.stop()
        settler.stop()
        ledger.annotate(.stop, "fcgi-limiter stopped on \(signal == SIGTERM ? "SIGTERM" : "SIGINT")")
        shadowReport?.report()
        recorder?.stop()
    }

    private var address: Listener.Address { listenOptions.address(defaultSocket: "fcgi-limiter.sock") }

    /// Writes this process's counts to PostgreSQL.
    private func makeRecorder(
        _ settings: RecorderSettings, _ store: ResilientStore, _ ledger: Ledger, _ connections: ConnectionCount,
        _ logger: Logger
    ) -> Recorder {
        let process = RecordedProcess(
            mode: CGI.isRequested ? .cgi : .serve, version: programVersion, store: store.location.kind,
            loops: loops.value)
        let trouble: @Sendable () -> String? = { store.breaker?.trouble }
        return Recorder(
            settings, ledger, process, connections: { connections.value },
            storeError: store.breaker == nil ? nil : trouble
        ) { notice in
            switch notice {
            case .problem(let line): logger.error("\(line)")
            case .recovery(let line): logger.notice("\(line)")
            }
        }
    }
}
