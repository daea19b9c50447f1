import ArgumentParser
import Glibc
import Rules
import Startup

/// `fcgi-limiter reload`: makes the running limiters of this machine read their rules files again.
struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Make the running limiters of this machine read their rules files again (SIGHUP).",
        discussion: """
            Checks the rules file of each limiter first. A limiter whose file has an error is not signalled and keeps its \
            current rules. With --rules or NAME, checks that file too and signals no limiter if the file has an error.
            """
    )

    @Argument(
        help: """
            Signal only limiters with this rules file: a path, or NAME for /etc/fcgi-limiter/NAME.yaml of the unit \
            fcgi-limiter@NAME.
            """,
        completion: .file())
    var name: String?

    @Option(help: "The rules file to check first. Default: that of NAME.", completion: .file())
    var rules: String?

    @Option(help: "Signal only the limiter with this process ID. Can be repeated. Default: all limiters of this user.")
    var pid: [Int32] = []

    func run() throws {
        let own = name.map { $0.contains("/") ? $0 : "/etc/fcgi-limiter/\($0).yaml" }
        if let rules = rules ?? own {
            _ = try OneLineFailure.of { () throws(RulesError) in try Rulebook.load(path: rules) }
        }
        let running = RunningLimiter.all.filter { own == nil || $0.rules == own }
        let limiters = try OneLineFailure.of { () throws(NotRunning) in
            if let other = pid.first(where: { pid in !running.contains { $0.pid == pid } }) {
                throw NotRunning(pid: other, rules: own)
            }
            guard !running.isEmpty else { throw NotRunning(pid: nil, rules: own) }
            return pid.isEmpty ? running : running.filter { pid.contains($0.pid) }
        }
        let told = limiters.filter { Self.canRead($0) && kill($0.pid, SIGHUP) == 0 }
        print("told \(told.count) of \(limiters.count) running limiters to read their rules again")
        if told.count < limiters.count { throw ExitCode.failure }
    }

    /// Whether a limiter can use its rules file as it is now; if not, prints why.
    private static func canRead(_ limiter: RunningLimiter) -> Bool {
        guard let path = limiter.rules else { return true }
        do throws(RulesError) {
            _ = try limiter.asItsUser { () throws(RulesError) in try Rulebook.load(path: path) }
            return true
        } catch {
            printError("Error: \(error); the limiter with process ID \(limiter.pid) keeps its rules")
            return false
        }
    }

    /// There is no limiter to signal.
    private struct NotRunning: Error, CustomStringConvertible {
        /// The process that is not a limiter; `nil` if no limiter runs.
        let pid: pid_t?
        /// The rules file that the limiter must have; `nil` if any will do.
        let rules: String?

        var description: String {
            let user = "of this user" + (rules.map { " with the rules \($0)" } ?? "")
            guard let pid else {
                return "no limiter \(user) runs on this machine: start one with fcgi-limiter serve"
            }
            return "--pid \(pid) is not a running limiter \(user): list them with pgrep -a fcgi-limiter"
        }
    }
}
