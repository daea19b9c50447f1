import Foundation
import Servers
import Testing

@Suite("Commands and the running service")
struct RunningServiceTests {
    private static let rules = """
        policies:
          data: { limit: 3 per day, algorithm: sliding_window }
        rules:
          - { match: { path: /api/data }, count: api_key, policies: [data] }

        """

    /// A copy of the program, which no other test runs.
    private let program: Program
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        program = try Program(built: "fcgi-limiter").copy(to: folder.path("fcgi-limiter"))
    }

    private func run(_ words: [String]) throws -> Program.Outcome {
        try program.run(words, environment: ["FCGI_LIMITER_RULES": "", "FCGI_LIMITER_STORE": "", "REDIS_HOST": ""])
    }

    /// Starts a limiter on a socket of this name.
    private func serve(
        _ name: String, _ words: [String], _ environment: [String: String] = [:]
    ) throws -> (process: ServerProcess, socket: String) {
        let own = try TemporaryFolder()
        let address = ServerAddress.unix(path: own.path(name))
        let flags = ["serve", "--listen", "unix:\(own.path(name))", "--socket-mode", "0666"]
        return (
            try ServerProcess(program, flags + words, environment: environment, in: own) { address.accepts },
            own.path(name)
        )
    }

    @Test("peek, reset, explain and replay use the running limiter's rules and store, and say so")
    func running() throws {
        let path = try folder.write(Self.rules, to: "limits.yaml")
        let store = "embedded:\(folder.path("store"))"
        let limiter = try serve("a.sock", ["--rules", path], ["FCGI_LIMITER_STORE": store])
        let client = try NginxServer(socket: limiter.socket).client()
        for _ in 0..<2 { #expect(try client.get("/api/data", headers: ["X-API-Key": "k"]).status == 200) }

        let which = "rules: \(path), as the running limiter\n"
        let both = which + "store: \(store), as the running limiter\n"
        let peeked = try run(["peek", "api_key=k"])
        #expect(peeked.text.hasPrefix("data: 1 of 3 left, full again in "))
        #expect(peeked.errors == both)
        let reset = try run(["reset", "api_key=k"])
        #expect(reset.text.hasSuffix(": 1 of 1 policies had counted it"))
        #expect(reset.errors == both + "audit: none, because no database is named: use --postgres\n")
        #expect(try client.get("/api/data", headers: ["X-API-Key": "k"])["X-RateLimit-Remaining"] == "2")
        let explained = try run(["explain", "/api/data", "--header", "X-API-Key: k"])
        #expect(explained.text.contains("  data: 3 per 86400 s, sliding_window, key "))
        #expect(explained.errors == which)
        let log = try folder.write(
            "203.0.113.9 - - [23/Nov/2026:20:59:58 +0000] \"GET /api/data HTTP/1.1\" 200 83\n", to: "access.log")
        let replayed = try run(["replay", log])
        #expect(replayed.text.contains("\ndata "))
        #expect(replayed.errors == which)
        // What the options name is not looked up.
        #expect(try run(["peek", "api_key=k", "--rules", path, "--store", store]).errors == "")
    }

    @Test("root uses the store of another user's limiter", .enabled(if: geteuid() == 0))
    func otherUser() throws {
        let nobody: uid_t = 65_534
        let own = try TemporaryFolder()
        #expect(chown(own.path, nobody, nobody) == 0 && chmod(folder.path, 0o755) == 0)
        let path = try folder.write(Self.rules, to: "limits.yaml")
        let address = ServerAddress.unix(path: own.path("a.sock"))
        let log = try TemporaryFolder()
        let limiter = try ServerProcess(
            Program("setpriv", package: "util-linux"),
            [
                "--reuid", "\(nobody)", "--regid", "\(nobody)", "--clear-groups", program.path, "serve", "--listen",
                "unix:\(own.path("a.sock"))", "--socket-mode", "0666", "--rules", path, "--store",
                "embedded:\(own.path("state/store"))",
            ], in: log
        ) { address.accepts }
        let client = try NginxServer(socket: own.path("a.sock")).client()
        #expect(try client.get("/api/data", headers: ["X-API-Key": "k"]).status == 200)
        let peeked = try run(["peek", "api_key=k"])
        #expect(peeked.text.hasPrefix("data: 2 of 3 left"), "\(peeked)")
        #expect(try run(["reset", "api_key=k"]).text.hasSuffix("1 of 1 policies had counted it"))
        #expect(limiter.endStatus == nil)
    }

    @Test("limiters that differ, or none at all, are not guessed between")
    func ambiguous() throws {
        let alone = try run(["explain", "/api/data"])
        #expect(
            alone.errors == """
                rules: the sample endpoints, because no limiter of this user runs here; name a file with --rules

                """)
        let paths = try ["a.yaml", "b.yaml"].map { try folder.write(Self.rules, to: $0) }
        let limiters = try paths.map { try serve("a.sock", ["--rules", $0, "--store", "embedded:\($0).store"]) }
        let outcome = try run(["peek", "api_key=k"])
        let line = "the limiters that run here differ: use --rules to name one of \(paths[0]), \(paths[1])"
        #expect(outcome.isRefusal(1, line), "\(outcome)")
        let named = try run(["peek", "api_key=k", "--rules", paths[0]])
        let stores = paths.map { "embedded:\($0).store" }.joined(separator: ", ")
        #expect(named.isRefusal(1, "the limiters that run here differ: use --store to name one of \(stores)"))
        #expect(limiters.allSatisfy { $0.process.endStatus == nil })
    }
}
