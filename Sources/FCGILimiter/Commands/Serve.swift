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
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer FastCGI requests until SIGTERM.",
        discussion: """
            Started by a web server as a CGI program, it answers one request and ends.

            Each flag is also an environment variable: FCGI_LIMITER_ and its name, as in FCGI_LIMITER_ON_STORE_FAILURE. \
            A flag wins over its variable. REDIS_HOST and REDIS_PORT name the store where neither --store nor its \
            variable does; REDIS_PASSWORD goes with them. POSTGRES_HOST, POSTGRES_PORT, POSTGRES_DB, POSTGRES_USER and \
            POSTGRES_PASSWORD name the database where neither --postgres nor its variable does.
            """
    )

    @Option(help: "unix:PATH, HOST:PORT, fd:0 or systemd. Default: a socket passed by the parent, or one in /run.")
    var listen: String?

    @Option(help: "A unix socket's mode. Default: 0660.")
    var socketMode: String?

    @Option(help: "A unix socket's group, for example www-data.")
    var socketGroup: String?

    @Option(help: "The rules file. Default: the rules of the three sample endpoints.")
    var rules: String?

    @Option(
        help: """
            embedded:PATH, redis://[USER:PASSWORD@]HOST[:PORT][/DB], redis+unix:PATH, \
            redis+sentinel://[USER:PASSWORD@]HOST:PORT,HOST:PORT,…/MASTERNAME[/DB] or \
            redis+cluster://[USER:PASSWORD@]HOST:PORT,HOST:PORT,…. Default: embedded in memory.
            """
    )
    var store: String?

    @Option(help: "What to answer when the store gives no verdict: allow, deny or local. Default: allow.")
    var onStoreFailure: String?

    @Option(help: "What decides meanwhile where that is local: embedded:PATH. Default: in memory.")
    var localStore: String?

    @Option(help: "The part of each limit that it grants, 1/N for N machines. Default: 1/1.")
    var localShare: String?

    @Option(help: "Milliseconds that Redis may take to connect and to answer. Default: 25.")
    var storeDeadline: String?

    @Option(help: "on: answers say who decided in the header X-RateLimit-Store. Default: off.")
    var storeHeader: String?

    @OptionGroup var postgresOptions: PostgresOptions

    @Option(help: "How clients are recorded: plain, or hashed with $FCGI_LIMITER_CLIENT_SECRET. Default: plain.")
    var recordClients: String?

    @Option(help: "Days that rows are kept: fine=7,events=14,rollups=190, which are the defaults.")
    var keep: String?

    @Option(help: "Where counts wait for PostgreSQL: PATH or PATH?size=1G. Default: $STATE_DIRECTORY, or in /var/tmp.")
    var spool: String?

    @Option(help: "Event loops, each a thread with its own store connection. Default: 1.")
    var loops: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical. Default: info.")
    var logLevel: String?

    func run() throws {
        let settings = try Settings(self, environment: ProcessEnvironment())
        let logger = settings.makeLogger()
        try logger.run { try serve(settings, logger) }
    }

    private func serve(_ settings: Settings, _ logger: Logger) throws {
        // Before any thread starts, so that all of them leave the signals to this one.
        let signals = SignalSet(SIGTERM, SIGINT, SIGHUP)
        signals.block()

        let rules = try ActiveRules(settings.rules, logger)
        let openStore = try settings.storeOpener()
        // A program that answers one request has no later one that could do without the store.
        let watch = settings.store.isRemote && !CGI.isRequested ? settings.watch(openStore, logger) : nil
        try watch?.start()
        let resets = ResetSubscriber(settings.store, deadlines: settings.storeDeadlines, logger: logger)
        if watch != nil { resets.start() }
        let local = settings.store.isRemote ? FallbackStore(settings.localStore, share: settings.localShare) : nil
        let answers = rules.current.policies.map { $0.onStoreFailure ?? settings.onStoreFailure }
        // A folder that cannot be used is to be known before it is needed.
        if answers.contains(.local) { _ = try local?.open() }
        let connections = ConnectionCount()
        let ledger = Ledger(loops: settings.loops, recordsClients: settings.recorder != nil)
        let recorder = settings.makeRecorder(ledger, connections, watch, logger)
        let makeGateway = { @Sendable (index: Int) -> any Application in
            let source = watch.map { ResilientStore.Source.watched($0, resets) } ?? .own(openStore())
            let store = ResilientStore(
                source, onFailure: settings.onStoreFailure, local: local,
                namedKind: settings.storeHeader ? settings.store.kind : nil, logger: logger)
            return Gateway(
                rules: rules, store: store, tally: ledger[index],
                pages: StatusPages(
                    rules: rules, store: store, location: settings.store, ledger: ledger, recorder: recorder,
                    connections: connections))
        }
        guard !CGI.isRequested else {
            CGI.answer(by: makeGateway(0))
            recorder?.recordOnce()
            return
        }

        let listener = try Listener(settings.listen)
        let server = Server(
            listener, loops: settings.loops, connections: connections, report: { logger.warning("\($0)") },
            makeApplication: makeGateway)
        server.start()
        if let recorder { recorder.start() } else { ledger.startCollecting() }
        logger.info(
            "serving on \(settings.listen.description), store \(settings.store)\(settings.recorder.map { ", recording to \($0.location)" } ?? "")"
        )
        var signal = signals.wait()
        while signal == SIGHUP {
            rules.reload()
            signal = signals.wait()
        }
        logger.info("stopping on \(signal == SIGTERM ? "SIGTERM" : "SIGINT")")
        server.stop()
        recorder?.stop()
    }
}
