import CHiredis
import Glibc
import Limiters
import Platform

/// One connection to a Redis server: the owner of a `redisContext`.
///
/// A reply that comes after its deadline is read later and dropped, so that no command gets the reply of another. Drop a
/// connection that is not ``isUsable``.
final class RedisConnection {
    private let context: UnsafeMutablePointer<redisContext>
    let location: RedisLocation

    /// Whether the connection can still be used: it is not broken, and no reply has shown that the server is the wrong one.
    private(set) var isUsable = true

    /// How long a server may owe replies without sending anything.
    private static let maximumSilence: Microseconds = 1_000_000
    /// Replies to commands whose deadline has passed.
    private var lateReplies = 0
    /// When the server last sent a reply while it owed some, or the first of those commands was sent.
    private var lastReply: Microseconds = 0

    /// Connects (`redisConnectWithTimeout`, `redisConnectUnixWithTimeout`), then authenticates and selects the database.
    init(_ location: RedisLocation, deadlines: RedisDeadlines) throws(StoreError) {
        let connect = timeval(deadlines.connect)
        let made =
            switch location.endpoint {
            case .tcp(let host, let port): redisConnectWithTimeout(host, Int32(port), connect)
            case .unix(let path): redisConnectUnixWithTimeout(path, connect)
            }
        guard let made else { throw StoreError(.unreachable, "\(location): no memory for a connection") }
        context = made
        self.location = location
        guard made.pointee.err == 0 else { throw failure() }
        redisSetTimeout(made, timeval(deadlines.command))

        if let password = location.password {
            let credentials = location.user.map { ["AUTH", $0, password] } ?? ["AUTH", password]
            _ = try command(credentials)
        }
        if location.database != 0 { _ = try command(["SELECT", String(location.database)]) }
    }

    deinit {
        redisFree(context)
    }

    /// Sends one command made of words and waits for the reply.
    ///
    /// - Throws: like ``send(_:)``.
    func command(_ words: [String]) throws(StoreError) -> RedisReply {
        try send(RedisCommand(words))
    }

    /// Sends one command and waits for the reply.
    ///
    /// - Throws: ``StoreError``; for an error reply the error that ``ReplyAction`` makes of it.
    func send(_ command: borrowing RedisCommand) throws(StoreError) -> RedisReply {
        try append(command)
        let reply = try next()
        if let text = reply.errorText { throw failure(by: text) }
        return reply
    }

    /// Queues a command (`redisAppendFormattedCommand`).
    func append(_ command: borrowing RedisCommand) throws(StoreError) {
        let queued = command.bytes.withUnsafeBytes {
            redisAppendFormattedCommand(context, $0.baseAddress, $0.count)
        }
        guard queued == REDIS_OK else { throw failure() }
    }

    /// Sends the queued commands (`redisBufferWrite`).
    func flush() throws(StoreError) {
        var isDone: Int32 = 0
        while isDone == 0 {
            guard redisBufferWrite(context, &isDone) == REDIS_OK else { throw failure() }
        }
    }

    /// Sends the queued commands and waits for the next reply (`redisGetReply`), which may be an error reply.
    func next() throws(StoreError) -> RedisReply {
        var reply: UnsafeMutableRawPointer?
        guard redisGetReply(context, &reply) == REDIS_OK, let reply else { throw failure() }
        return RedisReply(reply.assumingMemoryBound(to: redisReply.self))
    }

    /// The next reply or message; `nil` if none comes before the time `deadline` of the steady clock (`redisBufferRead`).
    ///
    /// A process that was not scheduled in time still reads what has arrived in the meantime.
    ///
    /// - Throws: ``StoreError``; then the connection is not usable. An error reply is not an error here.
    func next(until deadline: Microseconds) throws(StoreError) -> RedisReply? {
        while true {
            var reply: UnsafeMutableRawPointer?
            guard redisGetReplyFromReader(context, &reply) == REDIS_OK else { throw failure() }
            if let reply { return RedisReply(reply.assumingMemoryBound(to: redisReply.self)) }
            let left = max(0, deadline - steadyMicroseconds())
            var descriptor = pollfd(fd: context.pointee.fd, events: Int16(POLLIN), revents: 0)
            if poll(&descriptor, 1, Int32(clamping: (left + 999) / 1_000)) > 0 {
                guard redisBufferRead(context) == REDIS_OK else { throw failure() }
            } else if left == 0 {
                return nil
            }
        }
    }

    /// Whether the server owes replies that nobody waits for.
    var owesReplies: Bool { lateReplies > 0 }

    /// Gives up waiting for replies.
    ///
    /// The replies are dropped when they come.
    ///
    /// - Parameters:
    ///   - count: how many replies are owed.
    ///   - sent: when their commands were sent.
    func abandon(_ count: Int, sent: Microseconds) {
        if lateReplies == 0 { lastReply = sent }
        lateReplies += count
    }

    /// Drops the late replies that have come, without waiting.
    ///
    /// - Returns: whether the server owes no more replies, so that commands may be sent.
    /// - Throws: ``StoreError`` of kind `.timedOut` if the server has sent nothing for a second.
    func dropLateReplies() throws(StoreError) -> Bool {
        while lateReplies > 0 {
            let now = steadyMicroseconds()
            guard try next(until: now) != nil else {
                guard now - lastReply > Self.maximumSilence else { return false }
                isUsable = false
                throw StoreError(.timedOut, "\(location) has not answered for \((now - lastReply) / 1_000) ms")
            }
            lateReplies -= 1
            lastReply = now
        }
        return true
    }

    /// The error that an error reply with this text means.
    func failure(by text: String) -> StoreError {
        let action = ReplyAction.to(text)
        if action.connection == .dropped { isUsable = false }
        return action.error(text, from: location)
    }

    private func failure() -> StoreError {
        isUsable = false
        if context.pointee.err == REDIS_ERR_IO, errno == EPIPE, let text = lastWords() { return failure(by: text) }
        let text = withUnsafeBytes(of: &context.pointee.errstr) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        let timedOut = context.pointee.err == REDIS_ERR_IO && (errno == EAGAIN || errno == ETIMEDOUT)
        return timedOut || text.contains("timed out")
            ? StoreError(.timedOut, "\(location) did not answer in time")
            : StoreError(.unreachable, "\(location): \(text)")
    }

    /// The error reply of a server that refused the connection and closed it: the next write fails, and then hiredis reads
    /// no more.
    private func lastWords() -> String? {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = recv(context.pointee.fd, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        guard count > 0, bytes[0] == UInt8(ascii: "-") else { return nil }
        return String(decoding: bytes[1..<count].prefix { $0 != 0x0D }, as: UTF8.self)
    }
}

extension timeval {
    fileprivate init(_ microseconds: Int64) {
        self.init(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    }
}
