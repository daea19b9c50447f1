/// How many connections a process keeps open, and how long each may take.
///
/// The peers are web servers, so no usual keepalive pool reaches these limits. They end what a broken or hostile peer would
/// otherwise hold forever.
package struct ConnectionLimits: Sendable {
    /// The limits of both programs; tests have smaller ones.
    package static let standard = ConnectionLimits()

    /// Connections of the whole process; beyond that the longest idle ones are closed for new ones.
    ///
    /// A smaller limit of open files makes it smaller: see ``fitting(descriptors:)``.
    var maximumCount = 16_384
    /// File descriptors left for stores, files and PostgreSQL.
    var reservedDescriptors = 64

    /// From the beginning of a connection to its first byte.
    var firstByteTimeout: Milliseconds = 60_000
    /// From the first byte of a request to the end of its variables.
    var requestTimeout: Milliseconds = 10_000
    /// From one answer to the first byte of the next request.
    ///
    /// nginx closes its idle connections after 60 s by default.
    var idleTimeout: Milliseconds = 3_600_000
    /// For a peer to finish sending a body that nobody reads.
    var lingerTimeout: Milliseconds = 30_000
    /// For a peer to take an answer, besides a second for each ``slowestReading`` bytes.
    var answerTimeout: Milliseconds = 30_000
    /// Bytes per second that a peer must take of a long answer.
    var slowestReading = 16_384

    /// For requests that have begun to arrive when the server is told to stop.
    var stopTimeout: Milliseconds = 1_000
    /// How long a connection must have been idle, since the server was told to stop, before it is closed.
    var lastIdleTimeout: Milliseconds = 100
    /// For peers to take their last answers when the server is told to stop.
    var lastAnswerTimeout: Milliseconds = 10_000

    /// The time for a peer to take so many bytes of an answer.
    func answerTimeout(for count: Int) -> Milliseconds {
        answerTimeout + count / max(1, slowestReading) * 1_000
    }

    /// The same limits for a process that may open so many files.
    func fitting(descriptors: Int) -> ConnectionLimits {
        var limits = self
        limits.maximumCount = min(maximumCount, max(descriptors / 2, descriptors - reservedDescriptors))
        return limits
    }
}
