import Analytics
import Foundation
import Servers
import Testing

@Suite("Migrations")
struct MigrationTests {
    @Test("an empty database gets the schema, and a second run changes nothing")
    func twice() throws {
        let server = try PostgresServer()
        let connection = try PostgresConnection(PostgresLocation(server.location))
        #expect(try Migrations.number(in: connection) == 0)
        #expect(try Migrations.apply(to: connection) == [1, 3, 4, 5, 6, 7])
        #expect(try Migrations.apply(to: connection) == [])
        #expect(try Migrations.number(in: connection) == Migrations.latest)
        #expect(try server.query("select number from limiter.migrations order by 1") == "1\n3\n4\n5\n6\n7")
    }

    @Test("a database of schema 2 keeps its rows, and its outcomes get their new names in all partitions")
    func fromSchema2() throws {
        let server = try PostgresServer()
        let connection = try PostgresConnection(PostgresLocation(server.location))
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "schema_2.sql")
        try connection.run(String(contentsOf: file, encoding: .utf8))
        func write(_ sequence: Int, _ change: (String) -> String = { $0 }) throws {
            let batch = change(SchemaTests.batch.replacing("\"sequence\": 1", with: "\"sequence\": \(sequence)"))
            try connection.query("select limiter.write($1, 1700000012000000)", [.init("[\(batch)]")])
        }
        try write(1)
        let verdicts = "select distinct verdict from limiter.decisions_1h_20231114 order by 1"
        #expect(try server.query(verdicts) == "allowed\nblocked")

        #expect(try Migrations.apply(to: connection) == [3, 4, 5, 6, 7])
        let rows = "select outcome, sum(requests), sum(latency_sum) from limiter"
        #expect(try server.query("\(rows).decisions_10s_20231114 group by 1 order by 1") == "allowed|4|0\nblocked|2|0")
        #expect(try server.query("\(rows).decisions_1h group by 1 order by 1") == "allowed|4|0\nblocked|2|0")
        #expect(try server.query("select sum(allowed), sum(blocked) from limiter.clients_1d") == "4|2")

        // A batch that an older limiter left in a spool, and a new one.
        try write(2)
        try write(3) { $0.replacing("[0,0,3,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]]", with: "[3], 11]") }
        #expect(try server.query("\(rows).decisions_1h group by 1 order by 1") == "allowed|12|11\nblocked|6|0")
        #expect(try server.query("select policy, sum(charged) from limiter.units_1h group by 1") == "login|10")
        #expect(try connection.query("select limiter.maintain(7, 14, 190)").truth(0, 0) == true)
    }

    @Test(
        "whoever could read a table may read what a migration adds to it",
        arguments: [
            (6, "annotations", "audit"), (7, "clients_1h", "units_10s"), (7, "clients_1h", "units_1h"),
        ])
    func readers(number: Int, known: String, added: String) throws {
        let server = try PostgresServer()
        let connection = try PostgresConnection(PostgresLocation(server.location))
        try Migrations.apply(to: connection)
        try server.query(
            """
            delete from limiter.migrations where number >= \(number);
            drop table limiter.units_10s, limiter.units_1h; alter table limiter.events drop counted_status;
            \(number == 6 ? "drop index limiter.audit_at_idx;" : "")
            create role "a reader" login; grant select on limiter.\(known) to "a reader"
            """)
        #expect(try Migrations.apply(to: connection) == Array(number...Migrations.latest))
        #expect(try server.query("select has_table_privilege('a reader', 'limiter.\(added)', 'select')") == "t")
        #expect(try server.query("select has_table_privilege('a reader', 'limiter.\(added)', 'insert')") == "f")
    }

    @Test("processes that start at once apply each migration once, through PgBouncer too", arguments: [false, true])
    func atOnce(pooled: Bool) async throws {
        let server = try PostgresServer()
        let bouncer = pooled ? try PgBouncerServer(server) : nil
        let location = try PostgresLocation(bouncer?.location ?? server.location)
        let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<4 {
                group.addTask { try Migrations.apply(to: PostgresConnection(location)) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == [1, 3, 4, 5, 6, 7])
    }

    @Test("a database that is newer than the program is an error of one line")
    func newer() throws {
        let server = try PostgresServer()
        let connection = try PostgresConnection(PostgresLocation(server.location))
        try Migrations.apply(to: connection)
        try server.query("insert into limiter.migrations values (1000)")
        let error = #expect(throws: PostgresError.self) { try Migrations.apply(to: connection) }
        #expect(error?.kind == .schema)
        #expect(
            error?.description
                == "the database has schema number 1000, but this program knows only \(Migrations.latest): "
                + "install a newer fcgi-limiter")
    }

    @Test("a role that may not create the schema gets an error of one line")
    func rights() throws {
        let server = try PostgresServer()
        try server.query("create role poor login")
        let connection = try PostgresConnection(PostgresLocation(server.location + " user=poor"))
        let error = #expect(throws: PostgresError.self) { try Migrations.apply(to: connection) }
        #expect(error?.kind == .refused)
        #expect(
            error?.description.hasSuffix(
                "permission denied for database site; run fcgi-limiter migrate as the role that owns the schema limiter"
            )
                == true)
        try server.query("create schema limiter authorization poor")
        #expect(try Migrations.apply(to: connection) == [1, 3, 4, 5, 6, 7])
    }
}
