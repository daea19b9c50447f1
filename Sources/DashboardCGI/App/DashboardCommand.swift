import ArgumentParser
import FastCGI
import Glibc
import Logging
import Startup

/// The program `fcgi-limiter-dashboard`: answers requests until SIGTERM.
@main
struct DashboardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fcgi-limiter-dashboard",
        abstract: "A dashboard for fcgi-limiter behind nginx or Apache, spoken to by FastCGI.",
        discussion: """
            Started by a web server as a CGI program, it answers one request and ends.

            Each flag is also an environment variable: FCGI_LIMITER_DASHBOARD_LISTEN and so on for what is the dashboard's \
            own, FCGI_LIMITER_RULES, FCGI_LIMITER_STORE and FCGI_LIMITER_POSTGRES as for fcgi-limiter. A flag wins over its \
            variable. POSTGRES_HOST, POSTGRES_DB, POSTGRES_USER and POSTGRES_PASSWORD name the database where nothing else \
            does.
            """,
        version: "0.1.0"
    )

    @Option(help: "unix:PATH, HOST:PORT, fd:0 or systemd. Default: a socket passed by the parent, or one in /run.")
    var listen: String?

    @Option(help: "A unix socket's mode. Default: 0660.")
    var socketMode: String?

    @Option(help: "A unix socket's group, for example www-data.")
    var socketGroup: String?

    @Option(help: "The database: a connection string of libpq, for example postgresql://reader@db/limits.")
    var postgres: String?

    @Option(help: "Milliseconds that it may take to answer. Default: 5000.")
    var postgresDeadline: String?

    @Option(help: "The limiter's rules file: its policies are shown with what a client has left.")
    var rules: String?

    @Option(help: "The limiter's store, where that is looked up. Default: as for fcgi-limiter.")
    var store: String?

    @Option(help: "Addresses that need no login: networks, with commas between. Default: 127.0.0.0/8,::1.")
    var allow: String?

    @Option(help: "Requests answered at a time, each with a database connection of its own. Default: 4.")
    var workers: String?

    @Option(help: "Chart.js 3. Default: where Debian's libjs-chart.js puts it.")
    var chartJS: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical. Default: info.")
    var logLevel: String?

    func run() throws {
        let settings = try Settings(self, environment: ProcessEnvironment())
        let logger = settings.makeLogger()
        try logger.run { try serve(settings, logger) }
    }

    private func serve(_ settings: Settings, _ logger: Logger) throws {
        // Before any thread starts, so that all of them leave the signals to this one.
        let signals = SignalSet(SIGTERM, SIGINT)
        signals.block()

        let assets = Assets(chartLibrary: settings.chartLibrary)
        if !assets.hasCharts {
            logger.warning("\(settings.chartLibrary) is missing: charts stand still: apt-get install libjs-chart.js")
        }
        let templates = try Templates(assets)
        let shelf = StoreShelf(settings.store)
        let makeDashboard = { @Sendable (_: Int) -> any Application in
            Dashboard(
                access: Access(settings.allowed), assets: assets, templates: templates,
                database: Database(settings.postgres, deadline: settings.postgresDeadline, logger),
                limiter: LiveStore(shelf, rules: settings.rules, location: settings.store))
        }
        guard !CGI.isRequested else { return CGI.answer(by: makeDashboard(0)) }

        let listener = try Listener(settings.listen)
        let server = Server(
            listener, workers: settings.workers, report: { logger.warning("\($0)") }, makeApplication: makeDashboard)
        server.start()
        logger.info(
            "serving on \(settings.listen), \(settings.postgres.map { "\($0)" } ?? "without a database"), \(settings.store)"
        )
        let signal = signals.wait()
        logger.info("stopping on \(signal == SIGTERM ? "SIGTERM" : "SIGINT")")
        server.stop()
    }

    /// A CGI program gets the words of a query as its arguments (RFC 3875, 4.4): what clients write there is no flag.
    static func main() {
        runProgram(CGI.isRequested ? [] : nil)
    }
}
