import Limiters

/// Limits how often a problem is reported, however often it begins and ends.
struct NoticeThrottle {
    private static let interval: Microseconds = 10_000_000

    /// The kind of the problem that was reported and has not ended.
    private var reported: String?
    private var nextTime = Microseconds.min
    private var omissions = 0

    /// A problem of this kind exists.
    ///
    /// - Parameters:
    ///   - line: what is wrong.
    ///   - kind: what distinguishes it from other problems, each of which is reported.
    ///   - now: the steady clock.
    /// - Returns: the line to report; `nil` if it was reported before, or another line less than an interval ago.
    mutating func begin(_ line: String, kind: String, now: Microseconds) -> String? {
        guard kind != reported else { return nil }
        guard now >= nextTime else {
            omissions += 1
            return nil
        }
        reported = kind
        nextTime = now + Self.interval
        defer { omissions = 0 }
        return omissions == 0 ? line : "\(line) (\(omissions) more not logged)"
    }

    /// The problem does not exist, or is over.
    ///
    /// - Returns: whether it was reported, so that its end is to be reported.
    mutating func end() -> Bool {
        defer { reported = nil }
        return reported != nil
    }
}
