import Foundation
import Servers
import Testing

@Suite("fcgi-limiter health")
struct HealthTests {
    @Test("prints the page of a limiter on a Unix socket, which the variable of serve may name")
    func unix() throws {
        let folder = try TemporaryFolder()
        let server = try LimiterProcess(store: "embedded:\(folder.path("store"))")
        for (words, environment) in [
            (["--listen", "unix:\(server.socket)"], [:]), ([], ["FCGI_LIMITER_LISTEN": "unix:\(server.socket)"]),
        ] {
            let outcome = try limiter(["health"] + words, environment: environment)
            #expect(outcome.status == 0)
            #expect(outcome.errors == "")
            #expect(outcome.text.hasPrefix(#"{"status":"ok","store":{"kind":"embedded","#))
        }
    }

    @Test("fails while the store is down, and succeeds with --live")
    func failing() throws {
        let server = try LimiterProcess(store: "redis://127.0.0.1:1")
        let words = ["health", "--listen", "unix:\(server.socket)"]
        for (flags, status) in [([], 1), (["--live"], 0)] as [([String], Int32)] {
            let outcome = try limiter(words + flags)
            #expect(outcome.status == status)
            #expect(outcome.text.hasPrefix(#"{"status":"failing","#))
        }
    }

    @Test("prints the page of a limiter on a TCP port")
    func tcp() throws {
        let (folder, port) = (try TemporaryFolder(), try FreePort().number)
        let address = ServerAddress.tcp(port: port)
        let server = try ServerProcess(
            Program(built: "fcgi-limiter"),
            ["serve", "--listen", "127.0.0.1:\(port)", "--store", "embedded:\(folder.path("store"))"], in: folder
        ) { address.accepts }
        #expect(try limiter(["health", "--listen", "127.0.0.1:\(port)"]).lines.first?.contains(#""ok""#) == true)
        server.send(SIGSTOP)
        defer { server.send(SIGCONT) }
        let outcome = try limiter(["health", "--listen", "127.0.0.1:\(port)", "--timeout", "1"])
        #expect(outcome.isRefusal(1, "127.0.0.1:\(port): no answer within 1 s: restart the program"))
    }

    @Test("says why nobody can be asked")
    func nobody() throws {
        let folder = try TemporaryFolder()
        let socket = folder.path("none.sock")
        #expect(
            try limiter(["health", "--listen", "unix:\(socket)"]).isRefusal(
                1, "unix:\(socket): No such file or directory: start the program, or name its address"))
        #expect(
            try limiter(["health", "--listen", "systemd"]).isRefusal(
                1, "systemd is only known to the program: name unix:PATH or HOST:PORT"))
    }
}
