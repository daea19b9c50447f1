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
        reply.pointee.type == REDIS_REPLY_ERROR ? Self.commandError(in: text) : nil
    }

    /// The error of a command, without the words that Redis before version 7 writes before it if a script made the command.
    static func commandError(in text: String) -> String {
        guard text.hasPrefix("ERR Error running script"), let script = text.ranges(of: "@user_script:").last else {
            return text
        }
        // The number of a line follows, and a hyphen before some of the errors.
        let error = text[script.upperBound...].drop { $0.isNumber || " :-".contains($0) }
        let code = error.prefix { $0 != " " }
        return code.allSatisfy(\.isUppercase) ? String(error) : "ERR \(error)"
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
