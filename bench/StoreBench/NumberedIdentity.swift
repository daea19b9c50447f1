import Limiters

extension Identity {
    /// The client of this number: as long in writing as an ordinary API key.
    static func numbered(_ number: Int) -> Identity {
        Identity("api_key", "client-\(number)".utf8)
    }
}
