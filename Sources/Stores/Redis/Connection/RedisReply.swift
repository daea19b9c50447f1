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
        integer.map { [$0] } ?? (0..<count).map { integer(at: $0) }
    }

    /// The number of elements of an array reply; 0 for any other.
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
