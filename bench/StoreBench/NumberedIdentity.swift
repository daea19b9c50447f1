import Limiters

extension Identity {
    /// The client with this number.
    ///
    /// Its text is as long as an ordinary API key.
    static func numbered(_ number: Int) -> Identity {
        Identity("api_key", "client-\(number)".utf8)
    }
}
