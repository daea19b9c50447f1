import Limiters

/// A connection to a server that has the limiter's scripts, as a user that may run them.
final class ScriptedConnection {
    let connection: RedisConnection
    /// The digests by which the server knows the scripts.
    let chargeDigest: [UInt8]
    let refundDigest: [UInt8]
    /// One line about a server that is not set up well; `nil` if there is nothing to say.
    let warning: String?

    /// Loads the scripts and checks that the user may run them.
    ///
    /// - Throws: ``StoreError``; of kind `.misconfigured`, with the rights to grant, if a right is missing.
    init(_ connection: RedisConnection) throws(StoreError) {
        self.connection = connection
        chargeDigest = try Self.load(.charge, connection)
        refundDigest = try Self.load(.refund, connection)
        try Self.expectRights(connection)
        warning = Self.evictionWarning(connection)
    }

    private static func load(_ script: RedisScript, _ connection: RedisConnection) throws(StoreError) -> [UInt8] {
        let text = String(decoding: script.text, as: UTF8.self)
        return Array(try connection.command(["SCRIPT", "LOAD", text]).text.utf8)
    }

    private static func expectRights(_ connection: RedisConnection) throws(StoreError) {
        let text = String(decoding: RedisScript.rights.text, as: UTF8.self)
        let reply = try connection.command([
            "EVAL", text, "0", "bucket:{check}:", "window:{check}:", ResetSubscription.channel,
        ])
        let missing = reply.value.elements.compactMap(\.text)
        guard missing.isEmpty else {
            throw StoreError(
                .misconfigured,
                "\(connection.location) lacks rights: grant them with ACL SETUSER NAME \(missing.joined(separator: " "))"
            )
        }
    }

    /// A warning if Redis is set to drop keys, and so limits, when its memory is full.
    ///
    /// `nil` if the server does not let this user ask.
    private static func evictionWarning(_ connection: RedisConnection) -> String? {
        let question = RedisCommand(["CONFIG", "GET", "maxmemory-policy"])
        connection.queue(question)
        guard let reply = try? connection.next(),
            let name = reply.value.elements.last?.text, name != "noeviction", !name.isEmpty
        else { return nil }
        return """
            \(connection.location): maxmemory-policy is \(name), which may drop limits when memory is full: set it to \
            noeviction
            """
    }
}
