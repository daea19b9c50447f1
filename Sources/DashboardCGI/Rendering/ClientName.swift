import TextFormats

/// The readable name of a client: its identity without percent-encoding, such as `api_key=alice smith`; any text.
func clientName(_ identity: String) -> String {
    String(decoding: PercentEncoding.decoded(Array(identity.utf8)[...]), as: UTF8.self)
}
