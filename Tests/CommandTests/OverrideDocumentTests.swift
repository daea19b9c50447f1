import Foundation
import Servers
import Testing

@Suite("docs/overrides.md")
struct OverrideDocumentTests {
    @Test("the commands print what it shows, but for the times")
    func commands() throws {
        let folder = try TemporaryFolder()
        chmod(try folder.write("k1 name=acme\n", to: "keys"), 0o600)
        let rules = """
            api_keys: { file: keys }
            policies: { data: { limit: 10 per minute } }
            rules: [{ match: { path: /api/data }, count: api_key or address, policies: [data] }]

            """
        let path = try folder.write(rules, to: "limits.yaml")
        let store = "embedded:\(folder.path("store"))"
        let limiter = try LimiterProcess(store: store)
        let server = try PostgresServer()
        let environment = [
            "FCGI_LIMITER_RULES": path, "FCGI_LIMITER_STORE": store, "SUDO_USER": "alice", "REDIS_HOST": "",
        ]
        let program = try Program(built: "fcgi-limiter")
        _ = try program.run(["migrate", "--postgres", server.location])
        let exchanges = try Document(file: "docs/overrides.md").exchanges.filter {
            $0.command.hasPrefix("fcgi-limiter")
        }
        #expect(exchanges.count == 7)
        for exchange in exchanges {
            let command = exchange.command.replacing("'host=/run/postgresql dbname=site'", with: "'\(server.location)'")
            let outcome = try Program("bash", package: "bash").run(
                ["-c", "fcgi-limiter() { \(program.path) \"$@\"; }; \(command)"], environment: environment)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let time = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#
            let (printed, shown) = (outcome.text, exchange.output.joined(separator: "\n"))
            #expect(printed.replacing(time, with: "…") == shown.replacing(time, with: "…"), "\(exchange.command)")
        }
        #expect(try server.query("select actor, action from limiter.audit") == "alice|ban")
        limiter.send(SIGTERM)
    }
}
