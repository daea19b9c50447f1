import Limiters

/// A call of `shared_text.lua`.
///
/// The keys match the patterns of the limiter's other keys, so that its user needs no further permission. No identity is the
/// name of a text alone, so no state has such a key.
struct SharedTextCommand {
    /// The words of the command.
    let words: [String]
    /// The key that decides in which slot the text is.
    let key: [UInt8]

    /// Reads a text, and replaces it if `text` is not `nil`; parameters as for ``Store/sharedText(_:known:)``.
    init(_ name: SharedText.Name, known: Int64, replacing text: (bytes: [UInt8], until: Microseconds)? = nil) {
        let keys = ["text", "version"].map { "bucket:{\(name.rawValue)}:\($0)" }
        let script = String(decoding: RedisScript.sharedText.text, as: UTF8.self)
        key = Array(keys[0].utf8)
        words =
            ["EVAL", script, "2"] + keys + ["\(known)"]
            + (text.map { [String(decoding: $0.bytes, as: UTF8.self), "\($0.until)"] } ?? [])
    }
}

extension SharedText {
    /// The text in the reply of `shared_text.lua`.
    ///
    /// - Throws: ``StoreError`` if the reply has another form.
    init(_ reply: RedisValue, from location: some CustomStringConvertible) throws(StoreError) {
        let values = reply.elements
        guard values.count >= 2, let now = values[0].number, let version = values[1].number else {
            throw StoreError(.damaged, "\(location): shared_text.lua returned no clock and version")
        }
        // A text may have expired a moment before its version.
        let bytes = values.count == 3 ? Array((values[2].text ?? "").utf8) : nil
        self.init(version: Int64(version), bytes: bytes, now: Microseconds(now))
    }
}
