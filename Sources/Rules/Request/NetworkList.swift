/// Networks and single addresses that an operator lists: `127.0.0.0/8`, `2001:db8::/32`, `203.0.113.9`, `unix`.
public struct NetworkList: Sendable {
    private let set: AddressSet

    /// This machine: `127.0.0.0/8` and `::1`.
    public static let loopback = NetworkList(AddressSet([.v4(0x7F00_0000...0x7FFF_FFFF), .v6(1...1)]))

    private init(_ set: AddressSet) {
        self.set = set
    }

    /// The networks written in `texts`.
    ///
    /// - Throws: ``NetworkListError`` for the first text that is not a network.
    public init(_ texts: [String]) throws(NetworkListError) {
        var networks: [Network] = []
        for text in texts {
            do throws(ParseError) {
                networks.append(try Network(text))
            } catch {
                throw NetworkListError(text, error)
            }
        }
        set = AddressSet(networks)
    }

    /// Whether one of the networks contains this address, as a web server writes it; `false` if it is not an address.
    public func contains(_ address: ArraySlice<UInt8>) -> Bool {
        Address(address).map { set.contains($0) } ?? false
    }
}

/// A text that is not a network: one line that says what to write instead.
public struct NetworkListError: Error, Equatable, CustomStringConvertible {
    /// The text, what is wrong with it and the remedy.
    public let description: String

    init(_ text: String, _ error: ParseError) {
        description = "\"\(text)\" \(error.message)"
    }
}
