import Servers

@testable import DashboardCGI

/// The dashboard with a login, limiters on one store, and a database.
final class ConsoleSite {
    let postgres: PostgresServer
    let limiters: [LimiterProcess]
    let fronts: [HTTPClient]
    let client: HTTPClient
    /// The path of the rules file.
    let rules: String
    let site: DashboardSite
    private let companions: [any Sendable]

    /// What a browser sends with a form of the dashboard's own page.
    static let own: KeyValuePairs = ["Authorization": DashboardSite.login, "Sec-Fetch-Site": "same-origin"]

    /// - Parameters:
    ///   - redis: whether the store is Redis, or embedded.
    ///   - count: how many limiters there are.
    ///   - operators: who may act.
    ///   - text: the rules; `nil` for those of the sample endpoints.
    ///   - gate: how the web server runs or reaches the dashboard.
    ///   - log: the text of an access log on which rules may be tried.
    /// - Throws: an error of the servers.
    init(
        redis: Bool, limiters count: Int, operators: String = "ann",
        rules text: String? = nil, gate: Gate = .nginx, log: String? = nil
    ) throws {
        postgres = try PostgresServer.withSchema()
        let folder = try TemporaryFolder()
        let server = redis ? try RedisServer() : nil
        let store = server.map { "redis+unix:\($0.socket)" } ?? "embedded:\(folder.path("store"))"
        let samples = try Template(file: "bench/limits.yaml").text + "fingerprints: { except: [api_key] }\n"
        rules = try folder.write(text ?? samples, to: "limits.yaml")
        limiters = try (0..<count).map { [rules] _ in try LimiterProcess(store: store, flags: ["--rules", rules]) }
        fronts = try limiters.map { try NginxServer($0).client() }
        companions = [folder, postgres] + (server.map { [$0] } ?? [])
        let logFlags = try log.map { ["--access-log", try folder.write($0, to: "access.log")] } ?? []
        site = try DashboardSite(
            gate, postgres: postgres.location, store: store, rules: rules,
            flags: ["--operators", operators] + logFlags, companions: companions)
        client = site.client()
    }

    /// The statuses of one request to each limiter.
    func statuses(key: String) throws -> Set<Int> {
        Set(try fronts.map { try $0.get("/api/data", headers: ["X-API-Key": key]).status })
    }

    /// The text of a page, for a user who has logged in.
    func page(_ page: String) throws -> String {
        try client.get("/private/\(page)", headers: ["Authorization": DashboardSite.login]).text
    }

    /// The address to which the button of a confirmation sends its request; `nil` if there is no button.
    func button(_ action: ConsoleAction) throws -> String? { try button(Filter.address("confirm", action.fields)) }

    /// The address of the button of the confirmation at this address.
    func button(_ confirmation: String) throws -> String? {
        let text = try page(confirmation)
        return text.firstMatch(of: #/<form method="post" action="([^"]*)"/#)
            .map { String($0.output.1).replacing("&amp;", with: "&").replacing("&#39;", with: "'") }
    }

    func post(
        _ address: String, _ headers: KeyValuePairs<String, String> = own, body: [UInt8] = []
    ) throws -> HTTPAnswer {
        try client.send("POST", "/private/\(address)", headers: headers, body: body)
    }

    func auditCount() throws -> Int { try postgres.number("select count(*) from limiter.audit") }
}
