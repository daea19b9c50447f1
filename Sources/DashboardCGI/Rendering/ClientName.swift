import TextFormats

/// The readable name of a client.
struct ClientName {
    /// The identity with its percent-encoding decoded, such as `api_key=alice smith`; any text.
    let text: String

    /// The name of an identity in its written form.
    init(_ identity: String) {
        text = String(decoding: PercentEncoding.decoded(Array(identity.utf8)[...]), as: UTF8.self)
    }
}
