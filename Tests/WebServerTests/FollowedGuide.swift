import Foundation
import Servers
import Testing

/// A guide whose steps were executed in a folder instead of `/`.
///
/// All services run except the web server.
final class FollowedGuide: Sendable {
    let guide: Guide
    /// The folder that stands for `/`.
    ///
    let root: TemporaryFolder
    /// The arguments of `a2enmod`, `a2enconf` and `a2ensite`.
    let modules, confs, sites: [String]

    /// The database of the dashboard's part.
    private let postgres: PostgresServer?
    private let php: PHPFPM
    private let app: ServerProcess

    /// Executes the steps of a guide.
    ///
    /// - Parameters:
    ///   - file: for example `nginx/README.md`.
    ///   - hasDashboard: whether to execute the dashboard's section, too.
    /// - Throws: an error when a step fails or is unknown.
    init(_ file: String, hasDashboard: Bool = false) throws {
        root = try TemporaryFolder()
        let port = try FreePort().number
        postgres = hasDashboard ? try PostgresServer(.socketAndPort) : nil
        let database = postgres?.location ?? ""
        guide = try Guide(
            file, in: root.path,
            values: [
                "8000": "\(port)", "@localhost/": "@127.0.0.1:\(postgres?.port ?? 0)/",
                "postgresql:///fcgi-limiter?host=\(root.path("run/postgresql"))": database,
            ], isWhole: hasDashboard)
        for place in [
            "etc/nginx/sites-available", "etc/nginx/sites-enabled", "etc/apache2/sites-available", "run/php",
            "run/fcgi-limiter", "dev/shm", "var/lib/fcgi-limiter",
        ] {
            try FileManager.default.createDirectory(atPath: root.path(place), withIntermediateDirectories: true)
        }
        // Everybody may write to the real /dev/shm, too.
        chmod(root.path("dev/shm"), 0o1777)

        var words: [String: [String]] = [:]
        var script = """
            sudo() { if [ "$1" = -u ]; then shift 2; fi; "$@"; }
            psql() { command psql '\(database.replacing("dbname=site", with: "dbname=postgres"))' "$@"; }
            htpasswd() { command htpasswd -i "$@" <<<'\(Self.password)'; }

            """
        for step in guide.steps {
            // Only root may give a file to another group.
            let step = String(step.trimmingPrefix(#/sudo (?:-u postgres )?/#))
                .replacing(" -g www-data", with: geteuid() == 0 ? " -g www-data" : "")
            let program = String(step.prefix { $0 != " " })
            switch program {
            case "apt-get": try Self.install(step.split(separator: " ").dropFirst(3).map(String.init), guide, root)
            // Its roles are those of a real machine; `make debtest` runs it.
            case _ where program.hasSuffix("create-database"):
                script += "fcgi-limiter migrate --postgres '\(database)'\n"
            case "systemctl": break
            // No limiter runs yet.
            case "fcgi-limiter" where step.contains(" reload "): break
            case "a2enmod", "a2enconf", "a2ensite":
                words[program, default: []] += step.split(separator: " ").dropFirst().map(String.init)
            case "python3": words[program, default: []].append(String(step.split(separator: " ")[1]))
            case "chmod", "fcgi-limiter", "htpasswd", "install", "ln", "mkdir", "psql", "sh", "tee":
                script += step + "\n"
            case _ where step.hasPrefix("password="): script += step + "\n"
            default: throw UnknownStep(description: "\(file): how is this step to be tested? \(step)")
            }
        }
        (modules, confs, sites) = (words["a2enmod"] ?? [], words["a2enconf"] ?? [], words["a2ensite"] ?? [])
        let outcome = try Program("bash", package: "bash").run(["-ec", script], environment: Self.environment(root))
        try #require(outcome.status == 0, "\(outcome.errors)")

        php = try PHPFPM()
        try FileManager.default.createSymbolicLink(
            atPath: root.path("run/php/php-fpm.sock"), withDestinationPath: php.socket)
        let address = ServerAddress.tcp(port: port)
        app = try ServerProcess(
            Program("python3", package: "python3"), try #require(words["python3"]), in: root
        ) { address.accepts }
    }

    /// Runs a command as the user of `-u`, or as this one.
    private static let sudo = """
        sudo() { if [ "$1" = -u ]; then local user=$2; shift 2; runuser -u "$user" -- "$@"; else "$@"; fi; }
        """

    /// What is typed where the guide's commands ask for a password.
    private static let password = "typed"

    /// A step that this class cannot execute.
    private struct UnknownStep: Error, CustomStringConvertible {
        let description: String
    }

    private static func environment(_ root: TemporaryFolder) -> [String: String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return ["PATH": root.path("usr/bin") + ":" + path, "http_proxy": ""]
    }

    /// Lays out the files of this project's packages, and requires that the Makefile installs the others for the tests.
    private static func install(_ packages: [String], _ guide: Guide, _ root: TemporaryFolder) throws {
        let words = try Template(file: "Makefile").text.split(whereSeparator: \.isWhitespace).map(String.init)
        for package in packages where !package.hasPrefix("-") && !package.hasPrefix("./fcgi-limiter") {
            try #require(words.contains(package), "the Makefile does not install \(package)")
        }
        // Both packages at once.
        guard packages.contains("./fcgi-limiter_*.deb") else { return }
        let built = URL(fileURLWithPath: try Program(built: "fcgi-limiter").path).deletingLastPathComponent().path
        let outcome = try Program(at: Template.path("packaging/deb")).run(["--files", built, root.path])
        try #require(outcome.status == 0, "\(outcome.errors)")
        for folder in ["etc", "usr/share/fcgi-limiter"] {
            for name in FileManager.default.subpaths(atPath: root.path(folder)) ?? [] {
                let path = "\(folder)/\(name)"
                let text = root.text(of: path)
                if !text.isEmpty { try root.write(guide.moved(text), to: path) }
            }
        }
    }

    /// The texts of a folder's files, sorted by name.
    func texts(in place: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path(place))) ?? []
        return names.sorted().map { root.text(of: place + "/" + $0) }
    }

    /// Runs a command or a step of the guide in a shell.
    ///
    /// - Throws: an error where there is no shell.
    func run(_ command: String) throws -> Program.Outcome {
        try Program("bash", package: "bash").run(
            ["-c", "\(Self.sudo)\n\(command)"], environment: Self.environment(root))
    }

    /// Runs the commands of the guide in order, and expects the documented output of each.
    ///
    /// - Parameter port: the web server's.
    /// - Throws: an error where there is no shell.
    func expectExchanges(port: Int) throws {
        let exchanges = guide.exchanges
        #expect(exchanges.count >= 6)
        for exchange in exchanges {
            let command = exchange.command.replacing(#/http://([a-z]+)\.localhost/#) {
                "http://\($0.output.1).localhost:\(port)"
            }
            .replacing("-u admin ", with: "-u admin:\(Self.password) ")
            if let postgres, command.contains("dashboard.localhost") {
                // The first limiter creates the tables in the background.
                let tables = "select count(*) from pg_tables where schemaname = 'limiter'"
                let database = guide.text.contains("create database limits") ? "limits" : "site"
                #expect(try waitUntil { try Int(postgres.query(tables, database: database)) != 0 })
            }
            let outcome = try run(command)
            let errors = outcome.errors.hasSuffix("\n") ? String(outcome.errors.dropLast()) : outcome.errors
            let printed = [outcome.text.replacing("\r\n", with: "\n"), errors].filter { !$0.isEmpty }
                .joined(separator: "\n")
            #expect(
                Self.lasting(printed) == Self.lasting(exchange.output.joined(separator: "\n")), "\(exchange.command)")
        }
    }

    /// The lines of an output without parts that depend on the time and the machine.
    private static func lasting(_ output: String) -> [String] {
        output.split(separator: "\n", omittingEmptySubsequences: false)
            // Apache's mod_deflate adds this header or not, depending on timing.
            .filter { !$0.hasPrefix("Vary: ") && !$0.hasPrefix("Enter host password") }
            .map {
                String($0)
                    .replacing(#/^(Date|Server|X-RateLimit-Reset|Retry-After): .*/#) { "\($0.output.1): …" }
                    .replacing(#/;t=\d+/#, with: ";t=…")
                    .replacing(#/"per_address";r=\d+/#, with: "\"per_address\";r=…")
                    .replacing(#/full again in \d+ s/#, with: "full again in … s")
                    .trimmingCharacters(in: .whitespaces)
            }
    }
}
