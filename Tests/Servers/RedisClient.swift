import CHiredis
import Glibc

/// A connection to a Redis server or Sentinel that asks one question after another, as `redis-cli` would, without a process
/// of its own: tests ask again and again until something has happened, and are not to take the machine from it.
final class RedisClient {
    /// Where a server listens.
    enum Address {
        case socket(String)
        /// A port of 127.0.0.1.
        case port(Int)
    }

    private let context: UnsafeMutablePointer<redisContext>

    /// Connects.
    ///
    /// - Parameters:
    ///   - address: where to.
    ///   - user: who asks; `nil` is the default user.
    ///   - password: its password; `nil` does not authenticate.
    /// - Throws: ``ServerError`` where nobody listens, or knows the user.
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

    /// The answer, a line for each element; an error is an answer too.
    ///
    /// - Throws: ``ServerError`` where the server hangs up.
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
