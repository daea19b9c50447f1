import Analytics
import Foundation
import Servers
import Testing

@Suite("The dashboard on a standby")
struct StandbyTests {
    /// A primary with counts and a standby that has all of them.
    private func pair(options: [String] = []) throws -> (primary: PostgresServer, standby: PostgresServer) {
        let primary = try PostgresServer.withSchema()
        var traffic = Traffic()
        traffic.add("api_key=ann", .data, allowed: 1_234, blocked: 56, at: now() - 60)
        try traffic.write(to: primary)
        let standby = try PostgresServer(replicaOf: primary, options: options)
        // The time of the last transaction is unknown before the first one.
        try primary.query(
            """
            create role reader login;
            grant usage on schema limiter to reader;
            grant select on all tables in schema limiter to reader;
            create table public.news ()
            """)
        #expect(try waitUntil { try standby.query("select to_regclass('public.news')") == "news" })
        return (primary, standby)
    }

    private func site(_ standby: PostgresServer) throws -> DashboardSite {
        try DashboardSite(
            .nginx, postgres: standby.location + " user=reader", flags: ["--postgres-deadline", "60000"],
            companions: [standby])
    }

    @Test("every page and table works for a role that can only read, with counts as they arrive")
    func pages() throws {
        let (primary, standby) = try pair()
        let client = try site(standby).client()
        for page in PageTests.pages { #expect(try client.get("/limits/\(page)").status == 200, "\(page)") }
        for table in ["totals", "timeline", "strategies", "endpoints", "clients", "hours", "events", "processes"] {
            #expect(try client.get("/limits/\(table).json?client=api_key=ann").status == 200, "\(table)")
        }
        #expect(try client.get("/limits/").text.contains("<p class=\"value\">1,290</p>"))
        var traffic = Traffic()
        traffic.add("api_key=ann", .data, allowed: 10, at: now() - 60)
        try traffic.write(to: primary)
        #expect(try waitUntil { try client.get("/limits/").text.contains("<p class=\"value\">1,300</p>") })
    }

    @Test("health shows how far the standby is behind: nothing while the primary is idle, more while it cannot follow")
    func lag() throws {
        let (primary, standby) = try pair()
        let client = try site(standby).client()
        func health() throws -> String { try client.get("/limits/health").text }
        func lag() throws -> Int? {
            try health().firstMatch(of: /standby, (\d+) s behind its primary/).flatMap { Int($0.1) }
        }
        // The last transaction was some time ago, which does not count as lag.
        #expect(
            try waitUntil { try standby.number("select (now() - pg_last_xact_replay_timestamp() > '2 s')::int") == 1 })
        #expect(try lag() == 0)
        let direct = try DashboardSite(.nginx, postgres: primary.location, companions: [primary]).client()
        #expect(try !direct.get("/limits/health").text.contains("standby"))

        // A standby that receives, but does not replay.
        try standby.query("select pg_wal_replay_pause()")
        try primary.query("create table public.more ()")
        #expect(try waitUntil { try lag() ?? 0 >= 2 })
        try standby.query("select pg_wal_replay_resume()")
        #expect(try waitUntil { try lag() == 0 })

        // A standby without its primary.
        primary.stop()
        #expect(try waitUntil { try lag() ?? 0 >= 2 })
        #expect(try client.get("/limits/").status == 200)
        try primary.start()
        #expect(try waitUntil { try lag() == 0 })
    }

    @Test("a statement that a standby cancels runs again, and a second conflict is shown in one line")
    func conflict() throws {
        let (primary, standby) = try pair(options: ["max_standby_streaming_delay = 0"])
        let site = try site(standby)
        // While the table exists, statements of the overview take long, and hold a lock on the counts.
        try primary.query(
            """
            create or replace function limiter.saturated(x numeric) returns bigint language plpgsql as $$
            begin
                if to_regclass('public.slow') is not null then perform pg_sleep(30); end if;
                return x;
            end $$;
            create table public.slow ()
            """)
        func waitForSleep() throws {
            let sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
            #expect(try waitUntil { try standby.number(sleeping) == 1 })
        }
        func conflict() throws {
            try waitForSleep()
            let conflicts = "select sum(confl_lock) from pg_stat_database_conflicts"
            let before = try standby.number(conflicts)
            try primary.query("begin; lock table limiter.decisions_10s in access exclusive mode; commit")
            #expect(try waitUntil { try standby.number(conflicts) > before })
        }
        #expect(try waitUntil { try standby.query("select to_regclass('public.slow')") == "slow" })
        let failed = try RawRequest("/limits/", port: site.port)
        try conflict()
        try conflict()
        let text = try failed.text()
        #expect(text.hasPrefix("HTTP/1.1 503 "))
        #expect(text.contains("canceling statement due to conflict with recovery"))
        #expect(text.contains("Reload the page."))

        let retried = try RawRequest("/limits/", port: site.port)
        try waitForSleep()
        try primary.query("drop table public.slow")
        try conflict()
        #expect(try retried.firstLine() == "HTTP/1.1 200 OK")
    }
}
