import Analytics
import Limiters
import Servers
import Testing

@Suite("The audit trail")
struct AuditTests {
    private let server: PostgresServer

    init() throws {
        server = try PostgresServer()
        _ = try Migrations.apply(to: PostgresConnection(PostgresLocation(server.location)))
    }

    private func add(as role: String, reason: String = "too fast") throws {
        let override = try Override(
            client: "api_key=a", effect: .limit(70, policy: "data"), reason: reason, author: "alice",
            since: 1_700_000_000_000_000, until: 1_700_000_600_000_000)
        let location = server.location.replacing("user=limiter", with: "user=\(role)")
        let record = AuditRecord(
            actor: "alice", way: .command, action: .put(override), reason: reason, ended: ["one", "t,w\"o"])
        try record.write(in: PostgresConnection(PostgresLocation(location)))
    }

    @Test("has who, when, what, whom, why and until when")
    func row() throws {
        try add(as: "limiter")
        let columns =
            "role, actor, via, action, client, policy, \"limit\", reason, extract(epoch from until)::bigint, ended[2]"
        #expect(
            try server.query("select \(columns) from limiter.audit")
                == "limiter|alice|command|limit|api_key=a|data|70|too fast|1700000600|t,w\"o")
        #expect(try server.query("select at between now() - interval '1 minute' and now() from limiter.audit") == "t")
    }

    @Test(
        "is added to by a role that may use the schema, and changed by none, not even by its owner",
        arguments: ["recorder", "limiter"])
    func rights(role: String) throws {
        try server.query("create role recorder login; grant usage on schema limiter to recorder")
        try server.query("grant select on all tables in schema limiter to recorder")
        try server.query("grant execute on function limiter.record_action to recorder")
        try add(as: role, reason: "'); delete from limiter.audit; --")
        let connection = try PostgresConnection(
            PostgresLocation(server.location.replacing("user=limiter", with: "user=\(role)")))
        for statement in [
            "update limiter.audit set actor = 'bob'", "delete from limiter.audit", "truncate limiter.audit",
        ] {
            let error = #expect(throws: PostgresError.self) { try connection.run(statement) }
            #expect(error?.sqlState == "42501", "\(statement): \(String(describing: error))")
        }
        if role == "recorder" {
            let direct =
                "insert into limiter.audit (actor, via, action, client, reason, ended) values ('', '', 'ban', '', '', '{}')"
            #expect(throws: PostgresError.self) { try connection.run(direct) }
        }
        #expect(
            try server.query("select role, reason from limiter.audit") == "\(role)|'); delete from limiter.audit; --")
    }
}
