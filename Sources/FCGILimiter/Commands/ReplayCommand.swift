import ArgumentParser
import Glibc
import Limiters

/// `fcgi-limiter replay access.log`: puts logged requests to rules before these bite.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Say whom the rules would have refused, from an access log in the combined format.",
        discussion: """
            Reads logs of nginx and Apache, several as one in the order given, - for standard input. Headers that a log \
            does not hold are not known, so rules that count by them fall back.
            """
    )

    @OptionGroup var rulesOptions: RulesOptions

    @Argument(help: "Access logs.")
    var logs: [String]

    @Option(help: "How many of the most refused clients to list.")
    var clients = 10

    @Flag(help: "Also print each refused line, as it is.")
    var lines = false

    func run() throws {
        var replay = Replay(try rulesOptions.load())
        var unreadable = 0
        for path in logs {
            let log = try OneLineFailure.of { () throws(LogFileError) in try LogFile(path) }
            var progress = ProgressBar(total: log.size)
            try OneLineFailure.of { () throws(LogFileError) in
                try log.forEachLine { line, position in
                    if let request = AccessLogLine(line) {
                        if replay.add(request), lines { print(String(decoding: line, as: UTF8.self)) }
                    } else if !line.isEmpty {
                        unreadable += 1
                    }
                    progress.update(position)
                }
            }
            progress.finish()
        }
        print(ReplayReport(replay, unreadable: unreadable, clients: clients).text, terminator: "")
    }
}
