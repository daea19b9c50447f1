import Foundation
import Servers
import Testing

@Suite("Sockets and descriptors passed to the limiter")
struct PassedSocketTests {
    /// A socket that listens in the folder, as a parent process would open it.
    private final class OpenSocket {
        let path: String
        let descriptor: Int32

        init(in folder: TemporaryFolder) throws {
            path = folder.path("passed.sock")
            let address = ServerAddress.unix(path: path)
            descriptor = address.makeSocket()
            try #require(address.withAddress { bind(descriptor, $0, $1) } == 0)
            try #require(chmod(path, 0o666) == 0 && listen(descriptor, 100) == 0)
        }

        deinit {
            close(descriptor)
        }
    }

    @Test("a socket on descriptor 0, as mod_fcgid and spawn-fcgi pass it, is served without any flag")
    func descriptorZero() throws {
        let folder = try TemporaryFolder()
        let passed = try OpenSocket(in: folder)
        let process = try ServerProcess(
            Program(built: "fcgi-limiter"), [], environment: ["FCGI_LIMITER_STORE": "embedded:\(folder.path("store"))"],
            in: folder, descriptors: [0: passed.descriptor])
        try expectServes(passed)
        #expect(waitUntil { process.logText.contains("serving on fd:0 by ") })
        process.send(SIGTERM)
        #expect(process.waitForEnd(deadline: 30) == 0)
        // The file belongs to the parent, and stays.
        #expect(access(passed.path, F_OK) == 0)
    }

    @Test("two processes share the socket that both were given on descriptor 0, and its limits")
    func sharedDescriptorZero() throws {
        let folder = try TemporaryFolder()
        let passed = try OpenSocket(in: folder)
        let processes = try (0..<2).map { _ in
            try ServerProcess(
                Program(built: "fcgi-limiter"), ["--store", "embedded:\(folder.path("store"))"], in: folder,
                descriptors: [0: passed.descriptor])
        }
        let hammer = try Hammer(NginxServer(socket: passed.path), target: "/api/data", clients: 8) { _ in "a" }
        #expect(hammer.waitForMore(500))
        processes[0].send(SIGTERM)
        #expect(processes[0].waitForEnd(deadline: 30) == 0)
        #expect(hammer.waitForMore(500))
        let hits = hammer.stop()
        #expect(hits.admitted == ["a": 10])
        #expect(Set(hits.statuses.keys) == [200, 429])
        #expect(processes[1].endStatus == nil)
    }

    @Test(
        "a socket that systemd passes is served, by the flag and without it", arguments: [["--listen", "systemd"], []])
    func systemd(flags: [String]) throws {
        let folder = try TemporaryFolder()
        let passed = try OpenSocket(in: folder)
        // As systemd does: the ID of the process that is meant, and the sockets from descriptor 3 on.
        let script = "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" \"$@\""
        let words = [try Program(built: "fcgi-limiter").path, "serve", "--store", "embedded:\(folder.path("store"))"]
        let process = try ServerProcess(
            Program("sh", package: "dash"), ["-c", script] + words + flags, in: folder,
            descriptors: [3: passed.descriptor])
        try expectServes(passed)
        #expect(waitUntil { process.logText.contains("serving on systemd by ") })
        process.send(SIGTERM)
        #expect(process.waitForEnd(deadline: 30) == 0)
        #expect(access(passed.path, F_OK) == 0)
    }

    @Test("a socket that systemd passed to another process is not used")
    func notMeant() throws {
        let folder = try TemporaryFolder()
        let outcome = try Program(built: "fcgi-limiter").run(
            ["--listen", "systemd", "--store", "embedded:\(folder.path("store"))"],
            environment: ["LISTEN_PID": "1", "LISTEN_FDS": "1"])
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.hasSuffix(
                " fcgi-limiter: systemd passed no socket: start the unit by its .socket, or listen on unix:PATH\n"))
    }

    @Test("idle connections beyond the limit of open files are closed for new ones, and the log says so once per 10 s")
    func fewDescriptors() throws {
        let folder = try TemporaryFolder()
        let address = ServerAddress.unix(path: folder.path("a.sock"))
        let process = try ServerProcess(
            Program("prlimit", package: "util-linux"),
            [
                "--nofile=40:40", Program(built: "fcgi-limiter").path, "--listen", "unix:\(folder.path("a.sock"))",
                "--socket-mode", "0666", "--store", "embedded:\(folder.path("store"))",
            ], in: folder
        ) { address.accepts }
        let client = try NginxServer(socket: folder.path("a.sock")).client()
        #expect(try client.get("/health").status == 200)

        let began = ContinuousClock.now
        let idle = (0..<100).map { _ in address.makeSocket() }
        defer { for descriptor in idle { close(descriptor) } }
        for descriptor in idle { #expect(address.withAddress { connect(descriptor, $0, $1) } == 0) }
        #expect(waitUntil { process.logText.contains(": closed the connections that were idle longest") })
        for _ in 0..<200 { #expect(try client.get("/health").status == 200) }
        let other = try NginxServer(socket: folder.path("a.sock")).client()
        #expect(try other.get("/api/data").status == 200)
        #expect(try other.get("/api/data")["X-RateLimit-Remaining"] == "8")
        #expect(process.endStatus == nil)
        let lines = process.logText.split(separator: "\n").filter { $0.contains("idle longest") }
        // Either of two shortages may come first, and each of the two loops logs both.
        #expect(lines.count <= 4 * (1 + Int((ContinuousClock.now - began) / .seconds(10))))
    }

    private func expectServes(_ passed: OpenSocket) throws {
        let client = try NginxServer(socket: passed.path).client()
        #expect(try client.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Remaining"] == "9")
        #expect(try client.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Remaining"] == "8")
    }
}
