import CHiredis

/// A whole reply, copied from hiredis's memory, for rare commands.
enum RedisValue: Sendable, Hashable {
    case integer(Int64)
    /// A string, a status or an error.
    case text(String)
    case list([RedisValue])
    /// The null reply.
    case absent

    init(_ reply: redisReply) {
        switch reply.type {
        case REDIS_REPLY_INTEGER:
            self = .integer(reply.integer)
        case REDIS_REPLY_ARRAY:
            self = .list((0..<Int(reply.elements)).map { reply.element[$0].map { RedisValue($0.pointee) } ?? .absent })
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS, REDIS_REPLY_ERROR:
            let bytes = UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))
            self = .text(String(decoding: bytes, as: UTF8.self))
        default:
            self = .absent
        }
    }

    /// The elements of a list; none for anything else.
    var elements: [RedisValue] { if case .list(let elements) = self { elements } else { [] } }

    /// The text of a string; `nil` for anything else.
    var text: String? { if case .text(let text) = self { text } else { nil } }

    /// The number of an integer; `nil` for anything else.
    var number: Int? { if case .integer(let number) = self { Int(exactly: number) } else { nil } }
}
