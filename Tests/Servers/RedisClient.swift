import CHiredis
import Glibc

/// A connection to a Redis server or Sentinel that sends one command after another.
///
/// Unlike `redis-cli` it needs no process per command: tests poll, and must not load the machine that they wait for.
final class RedisClient {
    /// The server's address.
    enum Address {
        case socket(String)
        /// A port on 127.0.0.1.
        case port(Int)
    }

    private let context: UnsafeMutablePointer<redisContext>

    /// Connects to a server.
    ///
    /// - Parameters:
    ///   - address: the server's address.
    ///   - user: the Redis user; `nil` for the default user.
    ///   - password: the user's password; `nil` to skip authentication.
    /// - Throws: ``ServerError`` when the connection or the login fails.
    init(_ address: Address, user: String? = nil, password: String? = nil) throws {
        // The server may be killed at any time.
        signal(SIGPIPE, SIG_IGN)
        let made =
            switch address {
            case .socket(let path): redisConnectUnix(path)
            case .port(let port): redisConnect("127.0.0.1", Int32(port))
            }
        guard let made else { throw ServerError("Redis: no memory for a connection") }
        context = made
        guard made.pointee.err == 0 else { throw failure }
        guard let password else { return }
        let answer = try ask(["AUTH"] + (user.map { [$0] } ?? []) + [password])
        guard answer == "OK" else { throw ServerError("Redis: \(answer)") }
    }

    deinit {
        redisFree(context)
    }

    private var failure: ServerError {
        ServerError(
            "Redis: "
                + withUnsafeBytes(of: context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        )
    }

    /// Sends a command and returns the answer, a line per element.
    ///
    /// An error reply is an answer, too.
    ///
    /// - Throws: ``ServerError`` when the server closes the connection.
    func ask(_ words: [String]) throws -> String {
        let copies = words.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        var pointers: [UnsafePointer<CChar>?] = copies.map { UnsafePointer($0) }
        guard let reply = redisCommandArgv(context, Int32(words.count), &pointers, nil) else { throw failure }
        defer { freeReplyObject(reply) }
        return Self.text(of: reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private static func text(of reply: redisReply) -> String {
        switch reply.type {
        case REDIS_REPLY_INTEGER: "\(reply.integer)"
        case REDIS_REPLY_ARRAY:
            (0..<reply.elements).map { index in
                reply.element[index].map { text(of: $0.pointee) } ?? ""
            }.joined(separator: "\n")
        case REDIS_REPLY_NIL: ""
        default:
            String(decoding: UnsafeRawBufferPointer(start: reply.str, count: reply.len), as: UTF8.self)
        }
    }
}
