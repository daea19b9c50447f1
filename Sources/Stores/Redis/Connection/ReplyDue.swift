import Limiters
import Platform

/// When the replies to a pipeline of commands are due, on the steady clock.
///
/// Each reply is due one deadline after the reply before it, so that a pipeline is not late by its length. The whole pipeline
/// is due within four deadlines.
struct ReplyDue {
    private static let maximumDeadlines: Microseconds = 4
    private let deadline: Microseconds
    /// When the commands were sent.
    let sent = steadyMicroseconds()
    /// When the next reply is due.
    private(set) var next: Microseconds
    /// When the last reply is due.
    let last: Microseconds

    /// The times of a pipeline that is sent now.
    init(within deadline: Microseconds) {
        self.deadline = deadline
        next = sent + deadline
        last = sent + Self.maximumDeadlines * deadline
    }

    /// Takes note of a reply.
    mutating func noteReply() { next = min(steadyMicroseconds() + deadline, last) }
}
