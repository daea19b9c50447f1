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
    /// - Throws: ``NetworkListError`` that says what may be written.
    public init(_ texts: [String]) throws(NetworkListError) {
        var networks: [Network] = []
        for text in texts {
            do throws(Network.Mistake) {
                networks.append(try Network(text))
            } catch {
                throw NetworkListError(text, error)
            }
        }
        set = AddressSet(networks)
    }

    /// Whether an address, as a web server writes it, is in one of the networks; `false` for what is no address.
    public func contains(_ address: ArraySlice<UInt8>) -> Bool {
        Address(address).map { set.contains($0) } ?? false
    }
}

/// What is no network: one line with its remedy.
public struct NetworkListError: Error, Equatable, CustomStringConvertible {
    /// What, and what may be written.
    public let description: String

    init(_ text: String, _ mistake: Network.Mistake) {
        description =
            switch mistake {
            case .notAnAddress: "\"\(text)\" is no network: write for example 10.0.0.0/8, 2001:db8::/32 or 203.0.113.9"
            case .prefix(let longest): "\"\(text)\" has no prefix from 0 to \(longest)"
            case .hostBits(let network): "\"\(text)\" has bits behind its prefix: write \(network)"
            }
    }
}
