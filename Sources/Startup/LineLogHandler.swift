import Glibc
import Logging
import TextFormats

/// Writes each event to standard error as a line: time in UTC, level, program and message.
///
///     2026-11-26T16:50:12Z info fcgi-limiter: stopping on SIGTERM
///
/// systemd's journal records the time and the program itself, so its lines have only a priority (sd-daemon(3)) and the message.
///
///     <6>stopping on SIGTERM
struct LineLogHandler: LogHandler {
    let program: String
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    private let writesToJournal = Self.isStandardErrorJournal

    init(program: String) {
        self.program = program
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard !writesToJournal else { return printError("<\(event.level.priority)>\(event.message)") }
        let now = UTCTime(microseconds: Int64(time(nil)) * 1_000_000)
        printError("\(now.date)T\(now.timeOfDay)Z \(event.level) \(program): \(event.message)")
    }

    /// Whether standard error is the stream that `JOURNAL_STREAM` names by device and inode.
    ///
    /// A service may inherit the variable and have its standard error redirected. Source: systemd.exec(5).
    private static var isStandardErrorJournal: Bool {
        var status = stat()
        return fstat(STDERR_FILENO, &status) == 0
            && ProcessEnvironment()["JOURNAL_STREAM"] == "\(status.st_dev):\(status.st_ino)"
    }
}

extension Logger.Level {
    /// The number of this level in syslog(3).
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
