import CHiredis
import Glibc

/// How long a Redis server may take, in microseconds.
public struct RedisDeadlines: Sendable, Hashable {
    /// For a connection to be made.
    public var connect: Int64
    /// For a command to be answered.
    public var command: Int64

    /// Deadlines; 25 milliseconds each unless told otherwise.
    public init(connect: Int64 = 25_000, command: Int64 = 25_000) {
        self.connect = connect
        self.command = command
    }

    /// A second each: a person waits for the answer, and no request does.
    public static let unhurried = RedisDeadlines(connect: 1_000_000, command: 1_000_000)
}

/// One connection to a Redis server: the owner of a `redisContext`.
///
/// Once it is not ``isUsable`` the context is dead, because a late answer would be taken for the next request's: let go
/// of it.
final class RedisConnection {
    private let context: UnsafeMutablePointer<redisContext>
    let location: RedisLocation

    /// Whether it may be used further: no command went unanswered, and no reply says that it is the wrong server.
    private(set) var isUsable = true

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

    /// Sends one command made of words and waits for its answer.
    ///
    /// - Throws: as ``send(_:)``.
    func command(_ words: [String]) throws(StoreError) -> RedisReply {
        try send(RedisCommand(words))
    }

    /// Sends one command and waits for its answer.
    ///
    /// - Throws: ``StoreError``; for an error reply what ``ReplyAction`` makes of it.
    func send(_ command: borrowing RedisCommand) throws(StoreError) -> RedisReply {
        try append(command)
        let reply = try next()
        if let text = reply.errorText { throw failure(by: text) }
        return reply
    }

    /// Puts a command behind those that are to be sent (`redisAppendFormattedCommand`).
    func append(_ command: borrowing RedisCommand) throws(StoreError) {
        let queued = command.bytes.withUnsafeBytes {
            redisAppendFormattedCommand(context, $0.baseAddress, $0.count)
        }
        guard queued == REDIS_OK else { throw failure() }
    }

    /// Sends what is to be sent (`redisBufferWrite`).
    func flush() throws(StoreError) {
        var isDone: Int32 = 0
        while isDone == 0 {
            guard redisBufferWrite(context, &isDone) == REDIS_OK else { throw failure() }
        }
    }

    /// Sends what is to be sent and waits for the next answer (`redisGetReply`), which may be an error reply.
    func next() throws(StoreError) -> RedisReply {
        var reply: UnsafeMutableRawPointer?
        guard redisGetReply(context, &reply) == REDIS_OK, let reply else { throw failure() }
        return RedisReply(reply.assumingMemoryBound(to: redisReply.self))
    }

    /// The failure that an error reply with this text is.
    func failure(by text: String) -> StoreError {
        let action = ReplyAction.to(text)
        if action.connection == .dropped { isUsable = false }
        return action.error(text, from: location)
    }

    /// The next answer or message that comes; `nil` where none comes in time (`redisBufferRead`).
    ///
    /// - Throws: ``StoreError``; then the connection is not usable. An error reply is no error here.
    func receive(within milliseconds: Int32) throws(StoreError) -> RedisReply? {
        while true {
            var reply: UnsafeMutableRawPointer?
            guard redisGetReplyFromReader(context, &reply) == REDIS_OK else { throw failure() }
            if let reply { return RedisReply(reply.assumingMemoryBound(to: redisReply.self)) }
            var descriptor = pollfd(fd: context.pointee.fd, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, milliseconds) > 0 else { return nil }
            guard redisBufferRead(context) == REDIS_OK else { throw failure() }
        }
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

    /// What a server said that closed the connection because it has no use for it: who writes meets the closed end first,
    /// and hiredis then reads no more.
    private func lastWords() -> String? {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = recv(context.pointee.fd, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        guard count > 0, bytes[0] == UInt8(ascii: "-") else { return nil }
        return String(decoding: bytes[1..<count].prefix { $0 != 0x0D }, as: UTF8.self)
    }
}

/// One answer: the owner of a `redisReply`.
struct RedisReply: ~Copyable {
    private let reply: UnsafeMutablePointer<redisReply>

    init(_ reply: UnsafeMutablePointer<redisReply>) {
        self.reply = reply
    }

    deinit {
        freeReplyObject(reply)
    }

    /// The text of an error reply.
    var errorText: String? {
        reply.pointee.type == REDIS_REPLY_ERROR ? text : nil
    }

    /// The text of a string or status reply.
    var text: String {
        String(decoding: UnsafeRawBufferPointer(start: reply.pointee.str, count: Int(reply.pointee.len)), as: UTF8.self)
    }

    /// All of the reply.
    var value: RedisValue { RedisValue(reply.pointee) }

    /// The number of an integer reply; `nil` for any other.
    var integer: Int64? { reply.pointee.type == REDIS_REPLY_INTEGER ? reply.pointee.integer : nil }

    /// The numbers of an array of integers, or the one of an integer reply; none for any other.
    var numbers: [Int64] {
        integer.map { [$0] } ?? (0..<count).map { integer(at: $0) }
    }

    /// How many elements an array reply has.
    var count: Int { reply.pointee.type == REDIS_REPLY_ARRAY ? reply.pointee.elements : 0 }

    /// The integer at `index` of an array reply, which the caller keeps below ``count``.
    func integer(at index: Int) -> Int64 {
        reply.pointee.element[index]?.pointee.integer ?? 0
    }

    /// The text at `index` of an array reply, which the caller keeps below ``count``.
    func text(at index: Int) -> String {
        guard let element = reply.pointee.element[index]?.pointee, let start = element.str else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: Int(element.len)), as: UTF8.self)
    }
}

extension timeval {
    fileprivate init(_ microseconds: Int64) {
        self.init(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    }
}
