import Limiters
import Platform

/// Reports a problem once while it lasts, and at most one problem per interval, however often they begin and end.
struct NoticeThrottle {
    private var throttle = LogThrottle()
    /// The kind of the problem that was reported and has not ended.
    private var reported: String?

    /// A problem of this kind exists.
    ///
    /// - Parameters:
    ///   - line: what is wrong.
    ///   - kind: what distinguishes it from other problems, each of which is reported.
    ///   - now: the steady clock.
    /// - Returns: the line to report; `nil` if it was reported before, or another line less than an interval ago.
    mutating func begin(_ line: String, kind: String, now: Microseconds) -> String? {
        guard kind != reported, let due = throttle.due(line, now: now) else { return nil }
        reported = kind
        return due
    }

    /// The problem does not exist, or is over.
    ///
    /// - Returns: whether it was reported, so that its end is to be reported.
    mutating func end() -> Bool {
        defer { reported = nil }
        return reported != nil
    }
}
