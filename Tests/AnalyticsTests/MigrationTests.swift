import Analytics
import Servers
import Testing

@Suite("Migrations")
struct MigrationTests {
    @Test("an empty database gets the schema once; a second time changes nothing")
    func twice() throws {
        let server = try PostgresServer()
        let connection = try PostgresConnection(PostgresLocation(server.location))
        #expect(try Migrations.number(in: connection) == 0)
        #expect(try Migrations.apply(to: connection) == Array(1...Migrations.latest))
        #expect(try Migrations.apply(to: connection) == [])
        #expect(try Migrations.number(in: connection) == Migrations.latest)
        #expect(try server.number("select count(*) from limiter.migrations") == Migrations.latest)
    }

    @Test("two processes that start at once apply each migration once")
    func atOnce() async throws {
        let server = try PostgresServer()
        let location = try PostgresLocation(server.location)
        let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<4 {
                group.addTask { try Migrations.apply(to: PostgresConnection(location)) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == Array(1...Migrations.latest))
    }

    @Test("a database that is newer than the program is said in one line")
    func newer() throws {
        let server = try PostgresServer()
        let connection = try PostgresConnection(PostgresLocation(server.location))
        try Migrations.apply(to: connection)
        try server.query("insert into limiter.migrations values (1000)")
        let error = #expect(throws: PostgresError.self) { try Migrations.apply(to: connection) }
        #expect(error?.kind == .schema)
        #expect(
            error?.description
                == "the database's schema is number 1000 and this program knows \(Migrations.latest): "
                + "install a newer fcgi-limiter")
    }

    @Test("a role that may not create the schema is told so in one line")
    func rights() throws {
        let server = try PostgresServer()
        try server.query("create role poor login")
        let connection = try PostgresConnection(PostgresLocation(server.location + " user=poor"))
        let error = #expect(throws: PostgresError.self) { try Migrations.apply(to: connection) }
        #expect(error?.kind == .refused)
        #expect(error?.description.contains("permission denied for database site") == true)
        try server.query("create schema limiter authorization poor")
        #expect(try Migrations.apply(to: connection) == Array(1...Migrations.latest))
    }
}
