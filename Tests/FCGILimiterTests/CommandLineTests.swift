import Foundation
import Servers
import Testing

@Suite("Command line and environment")
struct CommandLineTests {
    /// An option, an invalid value, and the error after the option's name.
    static let badFlags: [(flag: String, value: String, error: String)] = [
        (
            "listen", "nonsense",
            ": \"nonsense\" is not a listening address: write unix:PATH, HOST:PORT, fd:N or systemd"
        ),
        ("listen", "unix:", ": \"unix:\" is not a listening address: write unix:PATH, HOST:PORT, fd:N or systemd"),
        (
            "listen", "localhost:99999",
            ": \"localhost:99999\" is not a listening address: write unix:PATH, HOST:PORT, fd:N or systemd"
        ),
        ("socket-mode", "abc", " \"abc\" is not usable: write an octal mode like 0660"),
        ("socket-mode", "0888", " \"0888\" is not usable: write an octal mode like 0660"),
        ("socket-mode", "1777", " \"1777\" is not usable: write an octal mode like 0660"),
        ("socket-mode", "-1", " \"-1\" is not usable: write an octal mode like 0660"),
        (
            "store", "nonsense",
            """
            : store "nonsense" is not valid: write embedded:PATH, redis://HOST:PORT/DB, redis+unix:PATH, \
            redis+sentinel://HOST:PORT,…/MASTERNAME/DB or redis+cluster://HOST:PORT,…; with TLS write rediss for redis
            """
        ),
        (
            "store", "embedded:",
            ": store \"embedded:\" is not valid: name a folder: embedded:/dev/shm/fcgi-limiter"
        ),
        (
            "store", "redis://:secret@host:0",
            ": store \"…@host:0\" is not valid: after the host's ':' write a port from 1 to 65535"
        ),
        ("on-store-failure", "maybe", " \"maybe\" is not usable: write allow, deny or local"),
        ("on-store-failure", "ALLOW", " \"ALLOW\" is not usable: write allow, deny or local"),
        ("local-store", "redis://host", " \"redis://host\" is not usable: write embedded:PATH"),
        ("local-store", "/dev/shm/x", " \"/dev/shm/x\" is not usable: write embedded:PATH"),
        ("local-share", "1/0", " \"1/0\" is not usable: write 1/1 to 1/10000"),
        ("local-share", "0.5", " \"0.5\" is not usable: write 1/1 to 1/10000"),
        ("store-deadline", "0", " \"0\" is not usable: write 1 to 60000"),
        ("store-deadline", "60001", " \"60001\" is not usable: write 1 to 60000"),
        ("store-deadline", "1s", " \"1s\" is not usable: write 1 to 60000"),
        ("store-header", "yes", " \"yes\" is not usable: write on or off"),
        ("shadow", "yes", " \"yes\" is not usable: write on or off"),
        ("record-clients", "no", " \"no\" is not usable: write plain or hashed"),
        (
            "keep", "fine=0",
            " \"fine=0\" is not usable: write days from 1 to 3650, for example fine=7,events=14,rollups=190"
        ),
        (
            "spool", "/a?size=1",
            """
             "/a?size=1" is not usable: write a folder and at least 64K, for example /var/spool/limiter?size=1G
            """
        ),
        ("loops", "0", " \"0\" is not usable: write 1 to 256"),
        ("loops", "257", " \"257\" is not usable: write 1 to 256"),
        ("loops", "two", " \"two\" is not usable: write 1 to 256"),
        (
            "log-level", "loud",
            " \"loud\" is not usable: write trace, debug, info, notice, warning, error or critical"
        ),
    ]

    @Test("an invalid value is one line that names the option and what it takes", arguments: badFlags)
    func badFlag(flag: String, value: String, error: String) throws {
        for words in [["serve", "--\(flag)=\(value)"], ["--\(flag)=\(value)"]] {
            let outcome = try run(words)
            #expect(outcome.status == 64)
            #expect(outcome.errors == "Error: --\(flag)\(error)\n")
            #expect(outcome.text == "")
        }
    }

    @Test("an invalid value of a variable is one line that names the variable", arguments: badFlags)
    func badVariable(flag: String, value: String, error: String) throws {
        let outcome = try run(["serve"], [variable(flag): value])
        #expect(outcome.status == 64)
        #expect(outcome.errors == "Error: \(variable(flag))\(error)\n")
        #expect(outcome.text == "")
    }

    @Test("every option of serve is also a variable")
    func everyOption() throws {
        let help = try run(["help", "serve"]).text
        let flags = help.split(separator: "\n").compactMap { $0.firstMatch(of: /^  --([a-z-]+) </)?.output.1 }
        #expect(flags.count == 22)
        // Any text can be the name of a file or a group. An unknown group ends a program that ignores its variable.
        let group = ["--socket-group", "no such group"]
        for flag in flags where flag != "rules" && flag != "socket-group" {
            let outcome = try run(group, [variable(String(flag)): "?"])
            #expect(outcome.errors.hasPrefix("Error: \(variable(String(flag)))"), "\(outcome)")
        }
        #expect(try run(group, ["FCGI_LIMITER_RULES": "?"]).errors.contains("?: cannot be read"))
    }

    @Test("the bare program prints help, because nobody has passed a socket to it")
    func bare() throws {
        let outcome = try run([])
        #expect(outcome.status == 0)
        #expect(outcome.text == (try run(["--help"])).text)
        #expect(outcome.text.contains("USAGE: fcgi-limiter"))
    }

    @Test("an unknown variable with the program's prefix is a warning with the nearest name")
    func unknownVariable() throws {
        // Ends after the warnings.
        let group = ["serve", "--socket-group", "no such group"]
        let variables = [
            "FCGI_LIMITER_STOER": "x", "FCGI_LIMITER_NONSENSE_AT_ALL": "x", "FCGI_LIMITER_CLIENT_SECRET": "x",
            "FCGI_LIMITER_DASHBOARD_ALLOW": "x", "FCGI_LIMITER_LOOP": "",
        ]
        let warnings = try run(group, variables).errors.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
        #expect(
            warnings == [
                "warning: FCGI_LIMITER_NONSENSE_AT_ALL is not a variable of this program; remove it",
                "warning: FCGI_LIMITER_STOER is not a variable of this program; write FCGI_LIMITER_STORE",
            ])
    }

    @Test("the first line of the log names the rules in force")
    func rulesInForce() throws {
        let folder = try TemporaryFolder()
        let rules = "policies: { p: { limit: 1 per day } }\nrules: [{ policies: [p] }, { policies: [p] }]\n"
        let path = try folder.write(rules, to: "limits.yaml")
        let process = try start(["--rules", path, "--shadow", "on"], [:], in: folder)
        #expect(waitUntil { process.logText.contains(" by 2 rules in \(path), refusing no request, store ") })
        #expect(process.logText.contains(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ info fcgi-limiter: serving on /#))
    }

    @Test("help is printed even while a variable is invalid")
    func helpDespiteVariable() throws {
        #expect(
            try run(["serve", "--help", "--socket-group", "no such group"], ["FCGI_LIMITER_LOOPS": "?"]).status == 0)
    }

    /// Options with a valid and an invalid value.
    static let goodFlags: [(flag: String, value: String, bad: String)] = [
        ("socket-mode", "0600", "x"), ("on-store-failure", "deny", "x"), ("store-deadline", "100", "x"),
        ("loops", "2", "x"),
        ("log-level", "debug", "x"),
        ("socket-group", String(cString: getgrgid(getegid()).pointee.gr_name), "no such group"),
    ]

    @Test("an option wins over its variable, and an empty variable counts as absent", arguments: goodFlags)
    func precedence(flag: String, value: String, bad: String) throws {
        let folder = try TemporaryFolder()
        _ = try start([], [variable(flag): value], in: folder)
        _ = try start(["--\(flag)", value], [variable(flag): bad], in: folder)
        _ = try start([], [variable(flag): ""], in: folder)
    }

    @Test("variables can name socket and store, and options win over them")
    func variables() throws {
        let folder = try TemporaryFolder()
        let address = ServerAddress.unix(path: folder.path("v.sock"))
        let process = try ServerProcess(
            Program(built: "fcgi-limiter"), ["serve"],
            environment: [
                "FCGI_LIMITER_LISTEN": "unix:\(folder.path("v.sock"))", "FCGI_LIMITER_SOCKET_MODE": "0604",
                "FCGI_LIMITER_STORE": "embedded:\(folder.path("v"))", "REDIS_HOST": "redis.invalid",
            ], in: folder
        ) { address.accepts }
        let line =
            "serving on unix:\(folder.path("v.sock")) by the rules of the sample endpoints, store embedded:\(folder.path("v"))\n"
        #expect(waitUntil { process.logText.hasSuffix(line) })
        var status = stat()
        #expect(stat(folder.path("v.sock"), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o604)

        _ = try start([], ["FCGI_LIMITER_LISTEN": "nonsense", "FCGI_LIMITER_STORE": "nonsense"], in: folder)
    }

    @Test("REDIS_HOST, REDIS_PORT and REDIS_PASSWORD name the store if nothing else does")
    func redisVariables() throws {
        let redis = try RedisServer(.socketAndPort, options: ["requirepass p@ss:w/rd%"])
        let folder = try TemporaryFolder()
        let process = try start(
            ["--socket-mode", "0666"],
            [
                "FCGI_LIMITER_STORE": "", "REDIS_HOST": "127.0.0.1", "REDIS_PORT": "\(redis.port)",
                "REDIS_PASSWORD": "p@ss:w/rd%",
            ], in: folder, store: nil)
        #expect(waitUntil { process.logText.contains("store redis://127.0.0.1:\(redis.port)/0\n") })
        let client = try NginxServer(socket: folder.path("a.sock")).client()
        #expect(try client.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Remaining"] == "9")
        // The client's key, and the address.
        #expect(try redis.command("DBSIZE", password: "p@ss:w/rd%") == "2")
        #expect(!process.logText.contains("p@ss"))
    }

    @Test("REDIS_USER and REDIS_PASSWORD_FILE name the user, and the file with the password")
    func redisFiles() throws {
        let redis = try RedisServer(
            .socketAndPort, options: ["user me on >p@ss:w/rd% ~* &* +@all", "user default off"])
        let folder = try TemporaryFolder()
        let process = try start(
            ["--socket-mode", "0666"],
            [
                "FCGI_LIMITER_STORE": "", "REDIS_HOST": "127.0.0.1", "REDIS_PORT": "\(redis.port)", "REDIS_USER": "me",
                "REDIS_PASSWORD_FILE": try folder.write("p@ss:w/rd%\n", to: "pass word"),
            ], in: folder, store: nil)
        #expect(waitUntil { process.logText.contains("store redis://127.0.0.1:\(redis.port)/0\n") })
        let client = try NginxServer(socket: folder.path("a.sock")).client()
        #expect(try client.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Remaining"] == "9")
    }

    @Test("without options, it serves on its default socket with a store in memory")
    func noFlags() throws {
        let folder = try TemporaryFolder()
        let address = ServerAddress.unix(path: folder.path("fcgi-limiter.sock"))
        // The default store is in /dev/shm, so the program gets a namespace with its own /dev/shm.
        let root = geteuid() == 0 ? [] : ["--map-root-user"]
        let script = "mount -t tmpfs tmpfs /dev/shm && exec \"$0\" serve"
        let process = try ServerProcess(
            Program("unshare", package: "util-linux"),
            root + ["--mount", "sh", "-c", script, Program(built: "fcgi-limiter").path],
            environment: without(["RUNTIME_DIRECTORY": folder.path]), in: folder
        ) { address.accepts }
        let line =
            """
            serving on unix:\(folder.path)/fcgi-limiter.sock by the rules of the sample endpoints, \
            store embedded:/dev/shm/fcgi-limiter-0

            """
        #expect(waitUntil { process.logText.contains(line) })
        process.send(SIGTERM)
        #expect(process.waitForEnd(deadline: 30) == 0)
    }

    @Test(
        "without /proc, the program does not ignore its arguments",
        arguments: ["fcgi-limiter", "fcgi-limiter-dashboard"])
    func noProc(program: String) throws {
        let root = geteuid() == 0 ? [] : ["--map-root-user"]
        let outcome = try Program("unshare", package: "util-linux").run(
            root + ["--mount", "sh", "-c", "mount -t tmpfs tmpfs /proc && exec \"$0\" --version"]
                + [Program(built: program).path])
        #expect(outcome.status == 1)
        #expect(outcome.text == "")
        #expect(outcome.errors == "Error: the arguments cannot be read without /proc; mount it\n")
    }

    @Test("--version and --help", arguments: [(["--version"], "0.1.0"), (["serve", "--version"], "0.1.0")])
    func version(words: [String], text: String) throws {
        let outcome = try run(words)
        #expect(outcome.status == 0)
        #expect(outcome.text == text)
        #expect(outcome.errors == "")
        let help = try run(["help", "serve"])
        #expect(help.status == 0)
        for (flag, _, _) in Self.badFlags { #expect(help.text.contains("--\(flag)")) }
    }

    @Test(
        "an unknown option, subcommand or argument is an error",
        arguments: [["--bogus"], ["serve", "--bogus"], ["serve", "word"], ["nonsense"], ["--loops"]])
    func unknown(words: [String]) throws {
        let outcome = try run(words)
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("Error: "))
        #expect(outcome.text == "")
    }

    @Test("a store folder that the user may not use is one line with the remedy")
    func storePermission() throws {
        let folder = try TemporaryFolder()
        let outcome = try runAsNobody(
            ["--listen", "127.0.0.1:0", "--store", "embedded:\(folder.path("store"))"], without: folder)
        expectOneLine(
            outcome,
            "embedded:\(folder.path("store")): Permission denied: give this user the folder, or name another folder"
        )
    }

    @Test("a socket folder that the user may not use is one line with the remedy")
    func socketPermission() throws {
        let folder = try TemporaryFolder()
        let store = try TemporaryFolder()
        chmod(store.path, 0o777)
        let outcome = try runAsNobody(
            ["--listen", "unix:\(folder.path("a.sock"))", "--store", "embedded:\(store.path("store"))"], without: folder
        )
        expectOneLine(
            outcome, "unix:\(folder.path("a.sock")): Permission denied: create the folder, or listen elsewhere")
    }

    @Test("a socket group that the user may not use is one line")
    func groupPermission() throws {
        let folder = try TemporaryFolder()
        let store = try TemporaryFolder()
        chmod(store.path, 0o777)
        let outcome = try runAsNobody(
            [
                "--listen", "unix:\(store.path("a.sock"))", "--store", "embedded:\(store.path("store"))",
                "--socket-group", "root",
            ], without: folder)
        let reason = "this user may not give the socket to group \"root\": name one of the user's groups"
        expectOneLine(outcome, "unix:\(store.path("a.sock")): \(reason)")
        #expect(access(store.path("a.sock"), F_OK) != 0)
    }

    // MARK: -

    private func variable(_ flag: String) -> String {
        "FCGI_LIMITER_" + flag.uppercased().replacing("-", with: "_")
    }

    /// These variables, and empty ones for all others that the limiter reads.
    private func without(_ variables: [String: String]) -> [String: String] {
        let names = [
            "LISTEN", "SOCKET_MODE", "SOCKET_GROUP", "RULES", "STORE", "STORE_DEADLINE", "ON_STORE_FAILURE",
            "LOCAL_STORE", "LOCAL_SHARE", "STORE_HEADER", "POSTGRES", "RECORD_CLIENTS", "KEEP", "SPOOL", "LOOPS",
            "LOG_LEVEL", "SHADOW",
        ]
        var all = Dictionary(uniqueKeysWithValues: names.map { ("FCGI_LIMITER_" + $0, "") })
        for name in [
            "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "POSTGRES_HOST", "LISTEN_PID", "RUNTIME_DIRECTORY",
            "STATE_DIRECTORY",
        ] { all[name] = "" }
        return all.merging(variables) { $1 }
    }

    private func run(_ words: [String], _ variables: [String: String] = [:]) throws -> Program.Outcome {
        try Program(built: "fcgi-limiter").run(words, environment: without(variables))
    }

    /// Starts the limiter on a socket in the folder and waits until it accepts connections.
    private func start(
        _ words: [String], _ variables: [String: String], in folder: TemporaryFolder, store: String? = "embedded"
    ) throws -> ServerProcess {
        let address = ServerAddress.unix(path: folder.path("a.sock"))
        let named = store.map { ["--store", "\($0):\(folder.path("store"))"] } ?? []
        return try ServerProcess(
            Program(built: "fcgi-limiter"), ["--listen", "unix:\(folder.path("a.sock"))"] + named + words,
            environment: without(variables), in: folder
        ) { address.accepts }
    }

    /// Runs the limiter as a user who may not write to the folder.
    private func runAsNobody(_ words: [String], without folder: TemporaryFolder) throws -> Program.Outcome {
        guard geteuid() == 0 else {
            chmod(folder.path, 0o555)
            defer { chmod(folder.path, 0o755) }
            return try run(words)
        }
        // A copy, because other users may not enter the build folder.
        let copies = try TemporaryFolder()
        let copy = copies.path("fcgi-limiter")
        _ = try Program("cp", package: "coreutils").run([Program(built: "fcgi-limiter").path, copy])
        return try Program("setpriv", package: "util-linux").run(
            ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", copy] + words, environment: self.without([:]))
    }

    private func expectOneLine(_ outcome: Program.Outcome, _ line: String) {
        #expect(outcome.status == 1)
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(outcome.errors.hasSuffix(" fcgi-limiter: \(line)\n"), "\(outcome.errors)")
    }
}
