import Glibc
import Logging
import TextFormats

/// Writes each event to standard error as a line: time in UTC, level, program and message.
///
///     2026-11-26T16:50:12Z info fcgi-limiter: stopping on SIGTERM
struct LineLogHandler: LogHandler {
    let program: String
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(program: String) {
        self.program = program
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let now = UTCTime(microseconds: Int64(time(nil)) * 1_000_000)
        printError("\(now.date)T\(now.timeOfDay)Z \(event.level) \(program): \(event.message)")
    }
}
