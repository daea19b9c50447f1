import Foundation
import Servers
import Testing

@Suite("Processes that come and go")
struct ProcessTests {
    @Test(
        "when one of several limiters is killed under load, the others go on, the limit holds, and the limiter restarts",
        arguments: [(StoreKind.redis, 2), (.embedded, 3)])
    func killed(store: StoreKind, limiters: Int) throws {
        let site = try Site(store, limiters: limiters)
        let victim = site.limiters[limiters - 1]
        let one = Hammer(site.nginx, target: "/api/data", clients: 4) { _ in "one key" }
        let many = Hammer(site.nginx, target: "/api/data", clients: 4) { "key \($0 / 12)" }
        #expect(one.waitForMore(200))
        #expect(many.waitForMore(200))

        for _ in 0..<3 {
            victim.send(SIGKILL)
            #expect(victim.waitForEnd(deadline: 30) == -SIGKILL)
            #expect(one.waitForMore(200))
            #expect(many.waitForMore(200))
            try victim.restart()
            // The restarted limiter answers from the same store at once.
            let direct = try NginxServer(victim).client()
            #expect(try direct.get("/api/data", headers: ["X-API-Key": "one key"]).status == 429)
        }

        let (ones, others) = (one.stop(), many.stop())
        #expect(ones.admitted == ["one key": 10])
        #expect(others.admitted.values.allSatisfy { $0 <= 10 })
        // nginx asks another limiter if one was killed in the middle of a request.
        #expect(Set(ones.statuses.keys) == [200, 429])
        #expect(Set(others.statuses.keys) == [200, 429])
    }

    @Test(
        "when one of two limiters is stopped under load, it exits with 0, and no request fails",
        arguments: StoreKind.allCases)
    func terminated(store: StoreKind) throws {
        let site = try Site(store, limiters: 2)
        let hammer = Hammer(site.nginx, target: "/api/data", clients: 4) { "key \($0 / 12)" }
        let uploads = Hammer(site.nginx, target: "/api/upload", body: [1, 2, 3], clients: 4) { "key \($0 / 6)" }
        #expect(hammer.waitForMore(200))
        for (signal, name) in [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")] {
            let limiter = site.limiters[0]
            limiter.send(signal)
            #expect(limiter.waitForEnd(deadline: 30) == 0)
            #expect(limiter.logLines("info").last == "stopping on \(name)")
            #expect(access(limiter.socket, F_OK) != 0)
            #expect(hammer.waitForMore(200))
            try limiter.restart()
            #expect(hammer.waitForMore(200))
        }
        let (hits, uploaded) = (hammer.stop(), uploads.stop())
        #expect(Set(hits.statuses.keys) == [200, 429])
        #expect(hits.admitted.values.allSatisfy { $0 <= 10 })
        #expect(Set(uploaded.statuses.keys) == [200, 429])
        #expect(uploaded.admitted.values.allSatisfy { $0 <= 5 })
    }

    @Test("a second limiter on the same socket gives an error, and the first one keeps serving")
    func samePath() throws {
        let site = try Site(.embedded)
        let socket = site.limiters[0].socket
        let outcome = try Program(built: "fcgi-limiter").run(["--listen", "unix:\(socket)", "--store", site.store])
        #expect(outcome.status == 1)
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(
            outcome.errors.hasSuffix(
                " fcgi-limiter: unix:\(socket): another process listens on this socket: stop it, or listen elsewhere\n")
        )
        #expect(try site.statuses(2, key: "a") == [200, 200])
    }

    @Test("the limiter answers soon after its start, and takes little memory", arguments: [Build.debug, .release])
    func small(build: Build) throws {
        guard let program = try build.program() else { return }
        let folder = try TemporaryFolder()
        let address = ServerAddress.unix(path: folder.path("a.sock"))
        let words = ["--listen", "unix:\(folder.path("a.sock"))", "--store", "embedded:\(folder.path("store"))"]
        let began = ContinuousClock.now
        let process = try ServerProcess(program, words, in: folder) { address.accepts }
        print("\(build): accepts connections after \((ContinuousClock.now - began) / .milliseconds(1)) ms")
        let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        let kibibytes = try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        print("\(build): \(kibibytes) KiB resident")
        if build == .release { #expect(kibibytes < 25_000) }
    }

    /// How the limiter was built.
    enum Build: String, CustomStringConvertible {
        case debug, release

        var description: String { rawValue }

        /// The program; `nil` if there is no release build.
        func program() throws -> Program? {
            let debug = try Program(built: "fcgi-limiter")
            guard self == .release else { return debug }
            // Both builds are in the same folder, directly or in one named after the platform.
            let build = URL(fileURLWithPath: debug.path).deletingLastPathComponent().deletingLastPathComponent()
            return try? Program(at: build.appendingPathComponent("release/fcgi-limiter").path)
        }
    }
}
