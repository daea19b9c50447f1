import Foundation
import Servers
import Testing

@Suite("make run and make traffic")
struct RunTests {
    /// `scripts/run` with the programs from the tests' build, in a private folder.
    private final class Run {
        let folder: TemporaryFolder
        let gateway, dashboard: FreePort
        let process: ServerProcess

        init(_ server: Server, store: String = "embedded") throws {
            folder = try TemporaryFolder()
            (gateway, dashboard) = (try FreePort(), try FreePort())
            // Apache's user must be able to reach the programs.
            for name in ["fcgi-limiter", "fcgi-limiter-dashboard"] {
                _ = try Program(built: name).copy(to: folder.path(name))
            }
            let environment = [
                "PORT": "\(gateway.number)", "DASHBOARD_PORT": "\(dashboard.number)", "SERVER": server.rawValue,
                "STORE": store, "PROGRAMS": folder.path, "RUN_FOLDER": folder.path("run"), "RULES": "",
            ]
            let folder = folder
            process = try ServerProcess(
                Program(at: Template.path("scripts/run")), environment: environment, in: folder,
                whenOrphaned: .terminate, deadline: 60
            ) { folder.text(of: "run.log").contains("Ctrl-C stops everything.") }
        }

        /// The processes that it started, directly or indirectly.
        var processes: [String] {
            let names =
                (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.filter { Int32($0) != nil } ?? []
            return names.compactMap { name in
                let words = FileManager.default.contents(atPath: "/proc/\(name)/cmdline").map { [UInt8]($0) } ?? []
                let text = String(decoding: words.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
                return text.contains(folder.path("run")) ? "\(name) \(text)" : nil
            }
        }

        func client(_ port: FreePort) -> HTTPClient { HTTPClient(self, port: port.number) }
    }

    @Test(
        "all servers start, count the traffic, show it, and stop",
        arguments: [(Server.nginx, "embedded"), (.nginx, "redis"), (.apache, "embedded"), (.apache, "redis")])
    func whole(server: Server, store: String) throws {
        let run = try Run(server, store: store)
        let log = run.process.logText
        for url in ["http://localhost:\(run.gateway.number)", "http://localhost:\(run.dashboard.number)"] {
            #expect(log.contains(url))
        }
        #expect(!run.processes.isEmpty)

        let traffic = try Program(at: Template.path("scripts/traffic")).run(
            environment: ["PORT": "\(run.gateway.number)", "DURATION": "3"])
        #expect(traffic.status == 0)
        let last = traffic.text.split(separator: "\n").last ?? ""
        let sent = last.split(separator: " ").first.flatMap { Int($0) } ?? 0
        #expect(sent > 0 && !last.contains("no answer"), "\(traffic.text)")

        // The one request to /health is not counted.
        let shown = try waitUntil {
            let rows = try run.client(run.dashboard).get("/endpoints.csv?range=5m").text.split(separator: "\r\n")
            let columns = rows.first?.split(separator: ",").map(String.init) ?? []
            guard let requests = columns.firstIndex(where: { $0.lowercased() == "requests" }) else { return false }
            let counts = rows.dropFirst().compactMap { Int($0.split(separator: ",")[requests]) }
            return counts.reduce(0, +) == sent - 1
        }
        #expect(shown, "\(sent) were sent")

        run.process.send(SIGTERM)
        #expect(run.process.waitForEnd(deadline: 20) == 0)
        #expect(run.processes == [])
    }

    @Test("a killed run leaves no process behind", arguments: Server.allCases)
    func killed(server: Server) throws {
        let run = try Run(server)
        run.process.send(SIGKILL)
        #expect(run.process.waitForEnd(deadline: 10) == -SIGKILL)
        #expect(waitUntil { run.processes.isEmpty }, "\(run.processes)")
    }

    @Test("an impossible setting gives one line with the remedy")
    func refusals() throws {
        let taken = try FreePort()
        let listener = try SilentListener(.tcp(port: taken.number), queue: 128)
        let free = try FreePort().number
        let next = taken.number + 1
        let rows: [([String: String], String)] = [
            (
                ["PORT": "\(taken.number)", "DASHBOARD_PORT": "\(free)"],
                "port \(taken.number) is in use: stop what listens there, or choose another: make run PORT=\(next)"
            ),
            (
                ["PORT": "\(free)", "DASHBOARD_PORT": "\(taken.number)"],
                "port \(taken.number) is in use: stop what listens there, or choose another: make run DASHBOARD_PORT=\(next)"
            ),
            (["PORT": "x"], "PORT=x is not a port: write a number, for example PORT=5001"),
            (
                ["PORT": "\(free)", "DASHBOARD_PORT": "\(free)"],
                "PORT and DASHBOARD_PORT are both \(free): choose another for one of them"
            ),
            (["SERVER": "iis"], "SERVER=iis is unknown: write SERVER=nginx or SERVER=apache"),
            (["STORE": "x"], "STORE=x is unknown: write STORE=embedded or STORE=redis"),
            (["RULES": "/nowhere"], "RULES=/nowhere cannot be read: name a rules file, such as limits.example.yaml"),
        ]
        let folder = try TemporaryFolder()
        for (variables, line) in rows {
            let usual = ["SERVER": "nginx", "STORE": "embedded", "RULES": "", "RUN_FOLDER": folder.path("run")]
            let outcome = try Program(at: Template.path("scripts/run")).run(
                environment: usual.merging(variables) { $1 })
            #expect(outcome.status == 1)
            #expect(outcome.errors == "run: \(line)\n")
        }
        _ = listener
        let traffic = try Program(at: Template.path("scripts/traffic")).run(environment: ["PORT": "\(free)"])
        #expect(traffic.status == 1)
        #expect(
            traffic.errors
                == "traffic: nothing answers on http://localhost:\(free): run make run in another terminal first\n")
    }
}
