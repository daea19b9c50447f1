import Servers
import Testing

/// A limiter and the dashboard behind one web server, with one database.
struct BrowserScene {
    let postgres: PostgresServer
    let limiter: LimiterProcess?
    let site: DashboardSite
    let browser: Browser
    let name: String

    init(_ gate: Gate, _ scheme: Browser.Scheme) throws {
        let postgres = try PostgresServer.withSchema()
        self.postgres = postgres
        let folder = try TemporaryFolder()
        // Names as clients write them, so that hostile ones reach the browser.
        let rules = try folder.write(
            Template(file: "bench/limits.yaml").text + "fingerprints: { except: [api_key] }\n", to: "limits.yaml")
        let store = gate == .nginx ? "embedded:\(folder.path("store"))" : nil
        limiter = try store.map {
            try LimiterProcess(
                store: $0, flags: ["--postgres", postgres.location, "--rules", rules],
                companions: [folder, postgres])
        }
        site = try DashboardSite(
            gate, postgres: postgres.location, limiter: limiter, store: store, rules: rules,
            companions: [postgres, folder])
        browser = try Browser(scheme: scheme)
        name = "\(gate == .nginx ? "nginx" : "apache")-\(scheme.rawValue)"
    }

    /// Sends requests of a client to the limiter.
    func send(_ count: Int, as client: String, for target: String = "/api/data") throws {
        let http = site.client()
        for _ in 0..<count { _ = try http.get(target, headers: ["X-API-Key": client]) }
    }

    /// Waits until the database has counted so many requests.
    func waitForRequests(_ count: Int) throws -> Bool {
        try waitUntil {
            try postgres.number("select coalesce(sum(requests), 0) from limiter.decisions_10s") == count
        }
    }

    /// Opens a page, keeps a screenshot, and expects no horizontal overflow and so many lines on the console.
    func look(at page: String, as name: String, width: Int = 1_280, complaints: Int = 0) throws {
        try browser.resize(width: width, height: width < 500 ? 812 : 900)
        try browser.open(site.address(page))
        let size = try browser.run("return document.documentElement.scrollWidth") as? Int
        #expect(size == width, "\(name) is wider than the screen")
        let height = try browser.run("return document.documentElement.scrollHeight") as? Int ?? 900
        try browser.resize(width: width, height: min(4_000, max(700, height)))
        try Screenshots.keep(browser.screenshot(), "\(self.name)-\(name)-\(width)")
        let lines = try browser.consoleLines()
        #expect(lines.count == complaints, "\(lines)")
    }

    /// The sum of the bars that the chart shows.
    func drawn() throws -> Int? {
        let script = """
            const chart = Chart.getChart(document.querySelector("#chart canvas"));
            return chart.data.datasets.flatMap((set) => set.data).reduce((sum, count) => sum + count, 0);
            """
        return try browser.run(script) as? Int
    }
}
