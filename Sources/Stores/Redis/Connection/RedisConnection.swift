import CHiredis
import Glibc
import Limiters
import Platform

/// One connection to a Redis server, in the clear or over TLS: the owner of a `redisContext`.
///
/// hiredis connects and parses. The bytes between it and the server pass through ``send(_:)`` and ``receive()``, which never
/// block.
///
/// A reply that comes after its deadline is read later and dropped, so that no command gets the reply of another. Drop a
/// connection that is not ``isUsable``.
final class RedisConnection {
    private let context: UnsafeMutablePointer<redisContext>
    let location: RedisLocation
    private let deadlines: RedisDeadlines
    /// The TLS layer; `nil` for a connection in the clear.
    let tls: TLSChannel?

    /// Whether the connection can still be used: it is not broken, and no reply has shown that the server is the wrong one.
    private(set) var isUsable = true

    /// Whether commands were sent and none has been answered.
    private var isWaitingForFirstReply = false

    /// How long a server may owe replies without sending anything.
    private static let maximumSilence: Microseconds = 1_000_000
    /// Replies to commands whose deadline has passed.
    private var lateReplies = 0
    /// When the server last sent a reply while it owed some, or the first of those commands was sent.
    private var lastReply: Microseconds = 0
    /// Commands that have not been sent.
    private var queued: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 16_384)

    /// Connects (`redisConnectWithTimeout`, `redisConnectUnixWithTimeout`), then authenticates and selects the database.
    init(_ location: RedisLocation, deadlines: RedisDeadlines) throws(StoreError) {
        if let settings = location.tls, case .tcp(let host, let port) = location.endpoint {
            tls = try TLSChannel(settings, host: host, port: port, location: "\(location)")
        } else {
            tls = nil
        }
        let connect = timeval(
            tv_sec: Int(deadlines.connect / 1_000_000), tv_usec: Int(deadlines.connect % 1_000_000))
        let made =
            switch location.endpoint {
            case .tcp(let host, let port): redisConnectWithTimeout(host, Int32(port), connect)
            case .unix(let path): redisConnectUnixWithTimeout(path, connect)
            }
        guard let made else { throw StoreError(.unreachable, "\(location): no memory for a connection") }
        context = made
        self.location = location
        self.deadlines = deadlines
        guard made.pointee.err == 0 else { throw failure() }
        if case .tcp = location.endpoint { isWaitingForFirstReply = true }
        if let tls { try shakeHands(tls) }

        if let login = try location.credentials.command() {
            queue(RedisCommand(login))
            let reply = try next()
            if let text = reply.errorText { throw failure(by: text, remedy: location.credentials.remedy) }
        }
        if location.database != 0 { _ = try command(["SELECT", String(location.database)]) }
    }

    deinit {
        redisFree(context)
    }

    private func shakeHands(_ tls: TLSChannel) throws(StoreError) {
        let deadline = steadyMicroseconds() + deadlines.connect
        try decrypt(tls)
        while !tls.isConnected {
            guard wait(for: POLLIN, until: deadline) else { throw tls.failures.unanswered(.timedOut) }
            try receive()
        }
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
        queue(command)
        let reply = try next()
        if let text = reply.errorText { throw failure(by: text) }
        return reply
    }

    /// Queues a command.
    func queue(_ command: borrowing RedisCommand) {
        queued += command.bytes
    }

    /// Sends the queued commands.
    func flush() throws(StoreError) {
        if let tls {
            try tls.write(queued)
            try send(tls.takeUnsent())
        } else {
            try send(queued)
        }
        queued.removeAll(keepingCapacity: true)
    }

    /// Sends the queued commands and waits for the next reply, which may be an error reply.
    func next() throws(StoreError) -> RedisReply {
        try flush()
        guard let reply = try next(until: steadyMicroseconds() + deadlines.command) else { throw timedOut() }
        return reply
    }

    /// The next reply or message; `nil` if none comes before the time `deadline` of the steady clock.
    ///
    /// A process that was not scheduled in time still reads what has arrived in the meantime.
    ///
    /// - Throws: ``StoreError``; then the connection is not usable. An error reply is not an error here.
    func next(until deadline: Microseconds) throws(StoreError) -> RedisReply? {
        while true {
            var reply: UnsafeMutableRawPointer?
            guard redisGetReplyFromReader(context, &reply) == REDIS_OK else { throw failure() }
            if let reply {
                isWaitingForFirstReply = false
                return RedisReply(reply.assumingMemoryBound(to: redisReply.self))
            }
            guard wait(for: POLLIN, until: deadline) else { return nil }
            try receive()
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
    ///
    /// - Parameters:
    ///   - text: the reply.
    ///   - remedy: what to do if the reply has no remedy of its own.
    /// - Returns: the error.
    func failure(by text: String, remedy: String = "") -> StoreError {
        let action = ReplyAction.to(text)
        if action.connection == .dropped { isUsable = false }
        return action.error(text, from: location, remedy: remedy)
    }

    // MARK: - Bytes

    /// Waits until the socket is ready; `false` if that takes longer than until `deadline`.
    private func wait(for event: Int32, until deadline: Microseconds) -> Bool {
        while true {
            let left = max(0, deadline - steadyMicroseconds())
            var descriptor = pollfd(fd: context.pointee.fd, events: Int16(event), revents: 0)
            if poll(&descriptor, 1, Int32(clamping: (left + 999) / 1_000)) > 0 { return true }
            if left == 0 { return false }
        }
    }

    /// Sends bytes as they are (`send`).
    private func send(_ bytes: [UInt8]) throws(StoreError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(context.pointee.fd, $0.baseAddress.map { $0 + sent }, $0.count - sent, Self.sendFlags)
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                guard wait(for: POLLOUT, until: steadyMicroseconds() + deadlines.command) else { throw timedOut() }
            } else if errno != EINTR {
                throw lastWords() ?? broken(String(cString: strerror(errno)))
            }
        }
    }

    private static let sendFlags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)

    /// Passes what has arrived to hiredis (`recv`, `redisReaderFeed`).
    private func receive() throws(StoreError) {
        let count = recv(context.pointee.fd, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0 else {
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            let reason = count == 0 ? "Server closed the connection" : String(cString: strerror(errno))
            if let tls, !tls.isConnected { throw tls.failures.unanswered(.unreachable) }
            throw broken(reason)
        }
        guard let tls else {
            feed(count)
            return
        }
        tls.receive(buffer, count)
        try decrypt(tls)
    }

    /// Passes all that the TLS layer has decrypted to hiredis, and sends the messages of the layer itself.
    private func decrypt(_ tls: TLSChannel) throws(StoreError) {
        do throws(StoreError) {
            while true {
                let count = try tls.read(into: &buffer)
                guard count > 0 else { break }
                feed(count)
            }
        } catch {
            isUsable = false
            // The reason, for the server's log.
            try? send(tls.takeUnsent())
            throw error
        }
        try send(tls.takeUnsent())
    }

    private func feed(_ count: Int) {
        // An error shows when the next reply is asked for.
        buffer.withUnsafeBytes {
            _ = redisReaderFeed(context.pointee.reader, $0.baseAddress?.assumingMemoryBound(to: CChar.self), count)
        }
    }

    // MARK: - Errors

    private func timedOut() -> StoreError {
        isUsable = false
        return StoreError(.timedOut, "\(location) did not answer in time")
    }

    private func broken(_ reason: String) -> StoreError {
        isUsable = false
        // A server that expects TLS closes the connection after the first command.
        let mayExpectTLS = isWaitingForFirstReply && location.tls == nil
        return StoreError(
            .unreachable,
            "\(location): \(reason)" + (mayExpectTLS ? ": write rediss:// if the server has TLS at this port" : ""))
    }

    /// The error that hiredis reports: it could not connect, or cannot parse a reply.
    private func failure() -> StoreError {
        let code = errno
        let text = withUnsafeBytes(of: &context.pointee.errstr) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if context.pointee.err == REDIS_ERR_IO && (code == EAGAIN || code == ETIMEDOUT) || text.contains("timed out") {
            return timedOut()
        }
        return broken(text)
    }

    /// The error of a server that said why before it closed the connection; `nil` if it said nothing.
    private func lastWords() -> StoreError? {
        do throws(StoreError) {
            guard let text = try next(until: steadyMicroseconds())?.errorText else { return nil }
            return failure(by: text)
        } catch {
            return error.kind == .unreachable ? nil : error
        }
    }
}
