import Limiters
import Platform

/// A connection that is subscribed to the channel on which ``Store/reset(_:)`` publishes resets.
///
/// One owner at a time.
final class ResetSubscription {
    /// The name of the channel.
    ///
    /// A user needs `+subscribe` and `+publish` there.
    static let channel = "fcgi-limiter:resets"

    /// What the subscription reports.
    enum Event: Equatable {
        /// Quotas of some client were reset.
        case reset
        /// No reset was missed up to this time of the steady clock.
        case quiet(until: Microseconds)
    }

    /// How often the server is asked for a sign of life: a connection that broke silently reports nothing.
    private static let interval: Microseconds = 500_000

    private let connection: RedisConnection
    private let replyTimeout: Microseconds

    /// Subscribes.
    ///
    /// - Throws: ``StoreError``: `.refused` or `.misconfigured` if the server does not let this user subscribe.
    init(_ connection: RedisConnection, deadlines: RedisDeadlines) throws(StoreError) {
        self.connection = connection
        replyTimeout = deadlines.command
        _ = try connection.command(["SUBSCRIBE", Self.channel])
    }

    /// Waits for the next event, for half a second and the time that the server takes to answer.
    ///
    /// - Throws: ``StoreError`` when the connection broke or the server is silent: connect again.
    func next() throws(StoreError) -> Event {
        if let message = try connection.next(until: steadyMicroseconds() + Self.interval), message.isMessage {
            return .reset
        }
        let asked = steadyMicroseconds()
        // Subscribing again changes nothing, and needs no other right.
        connection.queue(RedisCommand(["SUBSCRIBE", Self.channel]))
        try connection.flush()
        guard let answer = try connection.next(until: asked + replyTimeout) else {
            throw StoreError(.timedOut, "\(connection.location) did not answer in time")
        }
        return answer.isMessage ? .reset : .quiet(until: asked)
    }
}

extension RedisReply {
    /// Whether the reply is a published message.
    fileprivate var isMessage: Bool { value.elements.first?.text == "message" }
}
