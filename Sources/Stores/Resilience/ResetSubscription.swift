public import Limiters
import Platform

/// News of resets, as ``RedisStore/reset(_:)`` publishes them: a connection that has subscribed to the channel.
///
/// One owner at a time.
public final class ResetSubscription {
    /// The channel's name; a user needs `+subscribe` and `+publish` there.
    public static let channel = "fcgi-limiter:resets"

    /// What one learns.
    public enum Event: Sendable, Hashable {
        /// Somebody was given quotas back.
        case reset
        /// No reset was missed up to this moment of the steady clock.
        case quiet(until: Microseconds)
    }

    /// How often the server is asked for a sign of life: a connection that silently broke brings no news.
    private static let interval: Int32 = 500

    private let connection: RedisConnection
    private let replyTimeout: Int32

    /// Subscribes.
    ///
    /// - Throws: ``StoreError``: `.refused` or `.misconfigured` where the server does not let this user.
    init(_ connection: RedisConnection, deadlines: RedisDeadlines) throws(StoreError) {
        self.connection = connection
        replyTimeout = Int32(clamping: deadlines.command / 1_000)
        _ = try connection.command(["SUBSCRIBE", Self.channel])
    }

    /// Waits for the next event, half a second at the longest and then for the server's answer.
    ///
    /// - Throws: ``StoreError`` when the connection broke or the server is silent: begin anew.
    public func next() throws(StoreError) -> Event {
        if let message = try connection.receive(within: Self.interval), message.isMessage { return .reset }
        let asked = steadyMicroseconds()
        // Subscribing again changes nothing, and needs no right besides.
        try connection.append(RedisCommand(["SUBSCRIBE", Self.channel]))
        try connection.flush()
        guard let answer = try connection.receive(within: replyTimeout) else {
            throw StoreError(.timedOut, "\(connection.location) did not answer in time")
        }
        return answer.isMessage ? .reset : .quiet(until: asked)
    }
}

extension RedisReply {
    /// Whether it is what somebody published.
    fileprivate var isMessage: Bool { count > 0 && text(at: 0) == "message" }
}
