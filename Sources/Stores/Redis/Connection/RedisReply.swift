import CHiredis

/// One reply: the owner of a `redisReply`.
struct RedisReply: ~Copyable {
    private let reply: UnsafeMutablePointer<redisReply>

    init(_ reply: UnsafeMutablePointer<redisReply>) {
        self.reply = reply
    }

    deinit {
        freeReplyObject(reply)
    }

    /// The text of an error reply; `nil` for any other.
    var errorText: String? {
        reply.pointee.type == REDIS_REPLY_ERROR ? text : nil
    }

    /// The text of a string or status reply.
    var text: String {
        String(decoding: UnsafeRawBufferPointer(start: reply.pointee.str, count: Int(reply.pointee.len)), as: UTF8.self)
    }

    /// The whole reply, copied.
    var value: RedisValue { RedisValue(reply.pointee) }

    /// The integer of an integer reply; `nil` for any other.
    var integer: Int64? { reply.pointee.type == REDIS_REPLY_INTEGER ? reply.pointee.integer : nil }

    /// The integers of an array reply, or the one of an integer reply; empty for any other.
    var numbers: [Int64] {
        if let integer { return [integer] }
        guard reply.pointee.type == REDIS_REPLY_ARRAY else { return [] }
        return (0..<reply.pointee.elements).map { reply.pointee.element[$0]?.pointee.integer ?? 0 }
    }
}
