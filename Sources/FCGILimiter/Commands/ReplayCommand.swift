import ArgumentParser
import Glibc
import Limiters
import Rules
import Startup

/// `fcgi-limiter replay access.log`: applies rules to logged requests before the rules are used in production.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Report which clients the rules would have refused, from access logs.",
        discussion: """
            Reads logs of nginx or Apache in the combined log format, with or without the virtual host in front (Debian's \
            other_vhosts_access.log), plain or compressed by gzip. Several logs are read as one, in the given order; - is \
            standard input. The log has no request headers except Referer and User-Agent, so a rule that counts by \
            another header uses its fallback.
            """
    )

    @OptionGroup var rulesOptions: RulesOptions

    @Argument(help: "Access logs, oldest first.", completion: .file())
    var logs: [String]

    @Option(help: "The host of requests whose log line names none, for rules with host.")
    var host: String?

    @Option(help: "Number of clients to list, those with the most refused requests first.")
    var clients = 10

    @Option(help: "Also report what higher and lower limits of this policy would have refused.")
    var findLimit: String?

    @Flag(help: "Also print each log line whose request would have been refused.")
    var lines = false

    func run() throws {
        let rulebook = try rulesOptions.load()
        let policy = try OneLineFailure.of { () throws(UnknownPolicy) in try findLimit.map(rulebook.policy(named:)) }
        var replay = Replay(rulebook, trying: policy)
        let host = host.map { Array($0.utf8)[...] }
        var unreadable = 0
        for path in logs {
            let log = try OneLineFailure.of { () throws(LogFileError) in try LogFile(path) }
            var progress = ProgressBar(total: log.size)
            try OneLineFailure.of { () throws(LogFileError) in
                try log.forEachLine { line, position in
                    if let request = AccessLogLine(line, host: host) {
                        if replay.add(request), lines { print(String(decoding: line, as: UTF8.self)) }
                    } else if !line.isEmpty {
                        unreadable += 1
                    }
                    progress.update(position)
                    return true
                }
            }
            progress.finish()
        }
        try OneLineFailure.of { () throws(NothingRead) in
            if replay.times == nil, unreadable > 0 { throw NothingRead(lines: unreadable) }
        }
        print(ReplayReport(replay, unreadable: unreadable, clients: clients).text, terminator: "")
    }

    /// No line of the logs is in a known format.
    private struct NothingRead: Error, CustomStringConvertible {
        let lines: Int

        var description: String {
            "none of \(lines) lines is in the combined log format: name an access log of nginx or Apache"
        }
    }
}
