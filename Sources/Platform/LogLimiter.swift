/// Writes each log line at most once per interval, followed by how often it was left out since.
///
/// For events that other machines and processes cause: unlimited, they could fill the disk. Lines must be few and fixed,
/// because each is remembered: none may quote what a peer sent.
public struct LogLimiter {
    private let interval: Int64
    private let write: (String) -> Void
    private var entries: [String: (nextTime: Int64, omissions: Int)] = [:]

    /// A limiter that has written nothing.
    ///
    /// - Parameters:
    ///   - interval: microseconds between two equal lines.
    ///   - write: takes a line that is due.
    public init(interval: Int64 = 10_000_000, write: @escaping (String) -> Void) {
        self.interval = interval
        self.write = write
    }

    /// Writes a line, or counts it if it was written less than an interval before `now`, by the steady clock.
    public mutating func log(_ line: String, now: Int64) {
        let entry = entries[line] ?? (nextTime: now, omissions: 0)
        guard now >= entry.nextTime else {
            entries[line] = (entry.nextTime, entry.omissions + 1)
            return
        }
        entries[line] = (now + interval, 0)
        write(entry.omissions == 0 ? line : "\(line) (\(entry.omissions) more not logged)")
    }
}
