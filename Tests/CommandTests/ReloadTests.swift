import Foundation
import Servers
import Testing

@Suite("Reloading the rules")
struct ReloadTests {
    private static func rules(_ limit: Int, _ name: String = "data") -> String {
        """
        policies:
          data: { limit: \(limit) per day, algorithm: sliding_window }
        rules:
          - { name: \(name), match: { path: /api/data }, count: api_key, policies: [data] }

        """
    }

    private static let bad = "policies: [\n"

    @Test("applies the new limit and keeps all counts; an invalid file changes nothing")
    func newLimit() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.rules(3), to: "limits.yaml")
        let limiter = try LimiterProcess(store: "embedded:\(folder.path("store"))", flags: ["--rules", path])
        let client = try NginxServer(limiter).client()
        func statuses(_ count: Int) throws -> [Int] {
            try (0..<count).map { _ in try client.get("/api/data", headers: ["X-API-Key": "k"]).status }
        }
        #expect(try statuses(4) == [200, 200, 200, 429])

        try folder.write(Self.rules(5), to: "limits.yaml")
        #expect(try statuses(1) == [429])
        try tell(limiter)
        #expect(waitUntil { limiter.logLines("notice") == ["read \(path) again: 1 rules are in force"] })
        #expect(try statuses(3) == [200, 200, 429])

        try folder.write(Self.rules(9).replacing("day", with: "dai"), to: "limits.yaml")
        limiter.send(SIGHUP)
        let error = "\(path):2: policies.data.limit: \"9 per dai\" has an unknown unit of time, dai; write day"
        #expect(waitUntil { !limiter.logLines("error").isEmpty })
        #expect(limiter.logLines("error") == [error + "; the rules stay as they are"])
        #expect(try statuses(1) == [429])

        try FileManager.default.removeItem(atPath: path)
        limiter.send(SIGHUP)
        #expect(waitUntil { limiter.logLines("error").count == 2 })
        #expect(limiter.logLines("error").last?.hasSuffix("; the rules stay as they are") == true)
        #expect(try statuses(1) == [429])

        try folder.write(Self.rules(6), to: "limits.yaml")
        limiter.send(SIGHUP)
        #expect(waitUntil { limiter.logLines("notice").count == 2 })
        #expect(try statuses(2) == [200, 429])
    }

    @Test("without a rules file is logged and changes nothing")
    func noFile() throws {
        let folder = try TemporaryFolder()
        let limiter = try LimiterProcess(
            store: "embedded:\(folder.path("store"))", environment: ["FCGI_LIMITER_RULES": ""])
        try tell(limiter)
        let line = "there is no rules file to read again: start with --rules FILE"
        #expect(waitUntil { limiter.logLines("notice") == [line] })
        #expect(try NginxServer(limiter).client().get("/api/data").status == 200)
    }

    @Test("a file that cannot be read to its end delays neither requests nor SIGTERM")
    func slowFile() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.rules(3), to: "limits.yaml")
        let limiter = try LimiterProcess(store: "embedded:\(folder.path("store"))", flags: ["--rules", path])
        try FileManager.default.removeItem(atPath: path)
        mkfifo(path, 0o600)
        limiter.send(SIGHUP)
        // Succeeds as soon as the limiter has opened the pipe, in which it waits for a text from then on.
        var pipe: Int32 = -1
        #expect(
            waitUntil {
                pipe = open(path, O_WRONLY | O_NONBLOCK)
                return pipe >= 0
            })
        defer { close(pipe) }
        #expect(try NginxServer(limiter).client().get("/api/data", headers: ["X-API-Key": "k"]).status == 200)
        limiter.send(SIGTERM)
        #expect(limiter.waitForEnd(deadline: 10) == 0)
    }

    @Test("100 times under load, with valid and invalid files in turn, fails no request and loses no count")
    func underLoad() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.rules(1_500), to: "limits.yaml")
        let limiter = try LimiterProcess(
            store: "embedded:\(folder.path("store"))", flags: ["--rules", path, "--loops", "2"])
        let nginx = try NginxServer(limiter)
        let keys = ["a", "b", "c"]
        let hammer = Hammer(nginx, target: "/api/data", clients: 6) { keys[$0 % keys.count] }
        for number in 1...100 {
            try folder.write(number % 2 == 0 ? Self.bad : Self.rules(1_500, "data\(number)"), to: "limits.yaml")
            limiter.send(SIGHUP)
            #expect(waitUntil { limiter.logLines("notice").count + limiter.logLines("error").count == number })
            #expect(hammer.waitForMore(60))
        }
        // Enough requests for each key to reach its limit.
        #expect(waitUntil { hammer.total >= 6_000 })
        let hits = hammer.stop()
        #expect(limiter.logLines("notice").count == 50)
        #expect(limiter.logLines("error").count == 50)
        #expect(Set(hits.statuses.keys) == [200, 429])
        #expect(hits.admitted == ["a": 1_500, "b": 1_500, "c": 1_500])
        let metrics = try nginx.client().get("/metrics?format=json").json()
        #expect(metrics["total"] as? Int == hammer.total)
        #expect(metrics["allowed"] as? Int == 4_500)
        #expect(metrics["blocked"] as? Int == hammer.total - 4_500)
        #expect(nginx.logText == "")
    }

    @Test("reload --pid signals only the named limiters, and none if the file is invalid")
    func named() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.rules(3), to: "limits.yaml")
        let limiters = try (1...3).map { number in
            try LimiterProcess(store: "embedded:\(folder.path("store\(number)"))", flags: ["--rules", path])
        }
        let both = limiters[..<2].flatMap { ["--pid", "\($0.pid)"] }
        let wrong = try folder.write(Self.bad, to: "wrong.yaml")
        #expect(try limiter(["reload", "--rules", wrong] + both).status == 1)
        #expect(try limiter(["reload", "--pid", "\(getpid())"] + both).status == 1)
        #expect(limiters.allSatisfy { $0.logLines("notice").isEmpty })

        let lines = try limiter(["reload", "--rules", path] + both).lines
        #expect(lines == ["told 2 of 2 running limiters to read their rules again"])
        #expect(waitUntil { limiters[..<2].allSatisfy { $0.logLines("notice").count == 1 } })
        #expect(limiters[2].logLines("notice").isEmpty)
    }

    @Test("reload NAME signals only limiters with that rules file, whether a flag or a variable names it")
    func byRules() throws {
        let folder = try TemporaryFolder()
        let shop = try folder.write(Self.rules(3), to: "shop.yaml")
        let blog = try folder.write(Self.rules(3), to: "blog.yaml")
        let byFlag = try LimiterProcess(store: "embedded:\(folder.path("a"))", flags: ["--rules", shop])
        let byVariable = try LimiterProcess(
            store: "embedded:\(folder.path("b"))", environment: ["FCGI_LIMITER_RULES": shop])
        let other = try LimiterProcess(store: "embedded:\(folder.path("c"))", flags: ["--rules", blog])

        let lines = try limiter(["reload", shop]).lines
        #expect(lines == ["told 2 of 2 running limiters to read their rules again"])
        #expect(waitUntil { [byFlag, byVariable].allSatisfy { $0.logLines("notice").count == 1 } })
        try folder.write(Self.bad, to: "shop.yaml")
        #expect(try limiter(["reload", shop]).status == 1)
        #expect(other.logLines("notice").isEmpty)
        let missing = try limiter(["reload", "nobody"])
        #expect(
            missing.isRefusal(
                1,
                "/etc/fcgi-limiter/nobody.yaml: cannot be read: No such file or directory; create it, or name another file"
            ))
    }

    @Test("reload checks each limiter's file first, reports one that is refused, and signals the others")
    func refused() throws {
        let folder = try TemporaryFolder()
        let paths = try ["good.yaml", "bad.yaml"].map { try folder.write(Self.rules(3), to: $0) }
        let limiters = try paths.map { path in
            try LimiterProcess(store: "embedded:\(folder.path("store"))", flags: ["--rules", path])
        }
        try folder.write(Self.rules(3).replacing("[data]", with: "[date]"), to: "bad.yaml")
        let outcome = try limiter(["reload"] + limiters.flatMap { ["--pid", "\($0.pid)"] })
        #expect(outcome.status == 1)
        #expect(outcome.text == "told 1 of 2 running limiters to read their rules again")
        let reason = "\(paths[1]):4: rules[0].policies[0]: \"date\" is not a policy of this file; write data"
        #expect(outcome.errors == "Error: \(reason); the limiter with process ID \(limiters[1].pid) keeps its rules\n")
        #expect(waitUntil { limiters[0].logLines("notice").count == 1 })
        #expect(limiters[1].logLines("error").isEmpty && limiters[1].logLines("notice").isEmpty)
    }

    @Test("reload signals every limiter of its program, and no other command of the program")
    func everyone() throws {
        let folder = try TemporaryFolder()
        // A copy is another program, so that no limiter of another test is signalled.
        let copy = folder.path("fcgi-limiter")
        let program = try Program(built: "fcgi-limiter").copy(to: copy)
        let path = try folder.write(Self.rules(3), to: "limits.yaml")

        let nobody = try program.run(["reload"])
        #expect(nobody.isRefusal(1, "no limiter of this user runs on this machine: start one with fcgi-limiter serve"))

        let folders = try (1...2).map { _ in try TemporaryFolder() }
        let serving = try folders.map { own in
            let address = ServerAddress.unix(path: own.path("a.sock"))
            let words = [
                "serve", "--listen", "unix:\(own.path("a.sock"))", "--store", "embedded:\(own.path("store"))",
                "--rules", path,
            ]
            return try ServerProcess(program, words, in: own) { address.accepts }
        }
        // This replay waits forever, because nothing writes to the pipe.
        mkfifo(folder.path("pipe"), 0o600)
        let replaying = try ServerProcess(program, ["replay", folder.path("pipe")], in: TemporaryFolder())
        let link = "/proc/\(replaying.pid)/exe"
        #expect(waitUntil { (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) == copy })

        #expect(try program.run(["reload"]).text == "told 2 of 2 running limiters to read their rules again")
        #expect(waitUntil { serving.allSatisfy { $0.logText.contains("read \(path) again: 1 rules are in force") } })
        #expect(replaying.endStatus == nil)
        #expect(serving.allSatisfy { $0.endStatus == nil })
    }

    @Test("reload signals limiters whose program an upgrade has replaced, and no other command or program")
    func upgraded() throws {
        let folder = try TemporaryFolder()
        let built = try Program(built: "fcgi-limiter")
        let path = try folder.write(Self.rules(3), to: "limits.yaml")
        let installed = folder.path("fcgi-limiter")
        func start(_ program: String) throws -> ServerProcess {
            let own = try TemporaryFolder()
            let address = ServerAddress.unix(path: own.path("a.sock"))
            let words = [
                "serve", "--listen", "unix:\(own.path("a.sock"))", "--store", "embedded:\(own.path("store"))",
                "--rules", path,
            ]
            return try ServerProcess(Program(at: program), words, in: own) { address.accepts }
        }
        func reload() throws -> String { try Program(at: installed).run(["reload"]).text }
        let line = "read \(path) again: 1 rules are in force"

        _ = try built.copy(to: installed)
        let first = try start(installed)
        mkfifo(folder.path("pipe"), 0o600)
        let replaying = try ServerProcess(
            Program(at: installed), ["replay", folder.path("pipe")], in: TemporaryFolder())
        let link = "/proc/\(replaying.pid)/exe"
        #expect(waitUntil { (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) == installed })
        // A program from another path, deleted since.
        let elsewhere = folder.path("other")
        _ = try built.copy(to: elsewhere)
        let other = try start(elsewhere)
        try FileManager.default.removeItem(atPath: elsewhere)

        // Replaced as install(1) does, then as dpkg does.
        try FileManager.default.removeItem(atPath: installed)
        _ = try built.copy(to: installed)
        let second = try start(installed)
        _ = try built.copy(to: installed + ".new")
        #expect(rename(installed + ".new", installed) == 0)
        let third = try start(installed)

        #expect(try reload() == "told 3 of 3 running limiters to read their rules again")
        #expect(waitUntil { [first, second, third].allSatisfy { $0.logText.contains(line) } })
        #expect(!other.logText.contains(line))
        #expect(replaying.endStatus == nil)
    }

    @Test("a limiter that is started with an invalid file prints one line and exits with status 1")
    func badAtStart() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.rules(3).replacing("[data]", with: "[date]"), to: "limits.yaml")
        let rows = [
            (path, "\(path):4: rules[0].policies[0]: \"date\" is not a policy of this file; write data"),
            (
                folder.path("none"),
                "\(folder.path("none")): cannot be read: No such file or directory; create it, or name another file"
            ),
        ]
        for (file, line) in rows {
            let socket = folder.path("a.sock")
            let words = ["--listen", "unix:\(socket)", "--store", "embedded:\(folder.path("store"))", "--rules", file]
            let outcome = try limiter(words)
            #expect(outcome.status == 1)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.hasSuffix(" fcgi-limiter: \(line)\n"), "\(outcome.errors)")
            #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
            #expect(access(socket, F_OK) != 0)
        }
    }

    private func tell(_ process: LimiterProcess) throws {
        let outcome = try limiter(["reload", "--pid", "\(process.pid)"])
        #expect(outcome.lines == ["told 1 of 1 running limiters to read their rules again"])
    }
}
