import Analytics
import Foundation
import Servers
import Testing

@Suite("TLS to PostgreSQL")
struct PostgresTLSTests {
    private let authority: Certificates
    private let server: PostgresServer

    init() throws {
        authority = try Certificates()
        let certificate = try authority.issue()
        for path in [certificate.path, certificate.key] { PostgresServer.give(path) }
        server = try PostgresServer(
            .socketAndPort,
            options: ["ssl = on", "ssl_cert_file = '\(certificate.path)'", "ssl_key_file = '\(certificate.key)'"])
    }

    private func connect(_ settings: String) throws(PostgresError) -> PostgresConnection {
        try PostgresConnection(
            PostgresLocation("port=\(server.port) dbname=site user=limiter password=secret \(settings)"))
    }

    @Test("libpq verifies the server's chain and name", arguments: ["localhost", "127.0.0.1"])
    func verified(host: String) throws {
        let connection = try connect("host=\(host) sslmode=verify-full sslrootcert=\(authority.authority)")
        #expect(try connection.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()").truth(0, 0) == true)
    }

    @Test("another authority, another name or no authority is one line, and no reason to try again unchanged")
    func refused() throws {
        let other = try Certificates()
        for (settings, reason) in [
            ("host=localhost sslrootcert=\(other.authority)", "certificate verify failed"),
            ("host=ip6-localhost hostaddr=127.0.0.1 sslrootcert=\(authority.authority)", "does not match host name"),
            ("host=localhost sslrootcert=/nowhere/ca.crt", "\"/nowhere/ca.crt\" does not exist"),
        ] {
            let error = #expect(throws: PostgresError.self) { try connect("sslmode=verify-full \(settings)") }
            #expect(error?.kind == .misconfigured)
            #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
            #expect(error?.description.contains { $0.isNewline } == false)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test("the programs take libpq's variables, and a wrong authority is one line")
    func variables() throws {
        func migrate(_ authority: Certificates) throws -> Program.Outcome {
            try Program(built: "fcgi-limiter").run(
                ["migrate"],
                environment: [
                    "PGSSLMODE": "verify-full", "PGSSLROOTCERT": authority.authority, "POSTGRES_HOST": "localhost",
                    "POSTGRES_PORT": "\(server.port)", "POSTGRES_DB": "site", "POSTGRES_USER": "limiter",
                    "POSTGRES_PASSWORD": "secret",
                ])
        }
        let wrong = try migrate(Certificates())
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("certificate verify failed"))
        #expect(wrong.errors.split(separator: "\n").count == 1)
        #expect(try migrate(authority).text.contains("applied 1, 3, 4, 5"))
    }

    @Test("a password comes from the file that PGPASSFILE or the string names")
    func passwordFile() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("localhost:\(server.port):site:limiter:secret\n", to: "pgpass")
        chmod(path, 0o600)
        let location = "host=localhost port=\(server.port) dbname=site user=limiter"
        for (text, environment) in [(location + " passfile=\(path)", [:]), (location, ["PGPASSFILE": path])] {
            let outcome = try Program(built: "fcgi-limiter").run(
                ["migrate", "--postgres", text], environment: environment)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        let without = try Program(built: "fcgi-limiter").run(
            ["migrate", "--postgres", location], environment: ["PGPASSFILE": "/nowhere"])
        #expect(without.errors.contains("no password supplied"))
    }
}
