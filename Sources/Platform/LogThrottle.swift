/// Lets one log line through per interval, and counts the lines that it holds back.
///
/// For events that other machines and processes cause: unlimited, they could fill the disk.
public struct LogThrottle: Sendable {
    private let interval: Int64
    private var nextTime = Int64.min
    private var omissions = 0

    /// A throttle that has let nothing through, with an interval in microseconds.
    public init(interval: Int64 = 10_000_000) {
        self.interval = interval
    }

    /// The line to log at the time `now` of the steady clock; `nil` less than an interval after the last one.
    public mutating func due(_ line: String, now: Int64) -> String? {
        guard now >= nextTime else {
            omissions += 1
            return nil
        }
        nextTime = now + interval
        defer { omissions = 0 }
        return omissions == 0 ? line : "\(line) (\(omissions) more not logged)"
    }
}
