import ArgumentParser
import FastCGI
import Glibc
import Logging
import Startup

/// The program `fcgi-limiter-dashboard`: answers requests until SIGTERM.
@main
struct DashboardCommand: ParsableCommand, VariableOptions {
    static let configuration = CommandConfiguration(
        commandName: "fcgi-limiter-dashboard",
        abstract: "A dashboard for fcgi-limiter that speaks FastCGI behind nginx or Apache.",
        discussion: """
            If a web server starts the program as a CGI program, it answers one request and exits.

            Each option is also an environment variable: FCGI_LIMITER_RULES, FCGI_LIMITER_STORE and FCGI_LIMITER_POSTGRES, \
            which fcgi-limiter reads too, and FCGI_LIMITER_DASHBOARD_LISTEN and the like for the other options. An option \
            on the command line wins over its variable.

            REDIS_HOST, REDIS_PORT, REDIS_USER and REDIS_PASSWORD or REDIS_PASSWORD_FILE name the store if --store is not \
            given. POSTGRES_HOST, POSTGRES_PORT, POSTGRES_DB, POSTGRES_USER and POSTGRES_PASSWORD name the database if \
            --postgres is not given.
            """,
        version: programVersion
    )

    static let variablePrefix = "FCGI_LIMITER_DASHBOARD_"

    @OptionGroup var listenOptions: ListenOptions
    @OptionGroup var postgresOptions: PostgresOptions

    @Option(help: "Milliseconds that PostgreSQL may take to answer, from 1 to 600000.")
    var postgresDeadline: BoundedNumber<1, 600_000> = 5_000

    @OptionGroup var rulesOptions: RulesOptions
    @OptionGroup var storeOptions: StoreOptions

    @Option(help: "Networks whose clients need no login, separated by commas.")
    var allow = AllowedNetworks.loopback

    @Option(
        help: "Users who may ban, exempt, limit and reset clients, separated by commas, as the web server names them.")
    var operators = Operators.none

    @Option(
        help: "Access log of the web server, in the combined format, on which operators may try rules. Default: none.",
        completion: .file())
    var accessLog: String?

    @Option(help: "Requests answered at the same time, from 1 to 64, each with its own database connection.")
    var workers: BoundedNumber<1, 64> = 4

    @Option(help: "The file with Chart.js 3, which Debian's package libjs-chart.js installs.", completion: .file())
    var chartJS = "/usr/share/javascript/chart.js/chart.min.js"

    @Option(help: "The least severe log lines that are printed.")
    var logLevel = Logger.Level.info

    func run() throws {
        let logger = Logger.ofProgram("fcgi-limiter-dashboard", level: logLevel)
        try logger.run { try serve(logger) }
    }

    private func serve(_ logger: Logger) throws {
        // Before any thread starts, so that all of them leave the signals to this one.
        let signals = SignalSet(SIGTERM, SIGINT)
        signals.block()

        let assets = Assets(chartLibrary: chartJS)
        if !assets.hasCharts {
            logger.warning("\(chartJS) is missing, so charts are not interactive: apt-get install libjs-chart.js")
        }
        let templates = try Templates(assets)
        let location = try storeOptions.location()
        let postgres = postgresOptions.location
        let deadline = Int64(postgresDeadline.value) * 1_000
        let shelf = StoreShelf(location, logger)
        let log = accessLog.map { AccessLog($0) }
        let makeDashboard = {
            @Sendable [networks = allow.networks, operators, rules = rulesOptions.rules] (_: Int) -> any Application in
            Dashboard(
                access: Access(networks), operators: operators, assets: assets, templates: templates,
                database: Database(postgres, deadline: deadline, logger),
                limiter: LiveStore(shelf, rules: rules, location: location), log: log)
        }
        guard !CGI.isRequested else { return CGI.answer(by: makeDashboard(0)) }

        let address = listenOptions.address(defaultSocket: "fcgi-limiter-dashboard.sock")
        let listener = try Listener(address)
        let server = Server(
            listener, workers: workers.value, report: { logger.warning("\($0)") }, makeApplication: makeDashboard)
        server.start()
        logger.info("serving on \(address), \(postgres.map { "\($0)" } ?? "without a database"), \(location)")
        let signal = signals.wait()
        logger.info("stopping on \(signal == SIGTERM ? "SIGTERM" : "SIGINT")")
        server.stop()
    }

    /// Runs the program, without arguments if it is a CGI program.
    ///
    /// A web server passes the words of a query to a CGI program as its arguments (RFC 3875, 4.4). Clients must not set
    /// options that way.
    static func main() {
        runProgram(CGI.isRequested ? [] : programArguments())
    }
}
