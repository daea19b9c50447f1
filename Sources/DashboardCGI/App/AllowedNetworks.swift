import ArgumentParser
import Rules
import Startup

/// The networks of `--allow`.
struct AllowedNetworks: OptionValue {
    let networks: NetworkList
    /// The networks as they were written.
    let defaultValueDescription: String

    /// The default: this machine.
    static let loopback = AllowedNetworks(networks: .loopback, defaultValueDescription: "127.0.0.0/8,::1")

    private init(networks: NetworkList, defaultValueDescription: String) {
        (self.networks, self.defaultValueDescription) = (networks, defaultValueDescription)
    }

    init(option text: String) throws(InvalidValue) {
        do {
            networks = try NetworkList(text.split { $0 == "," || $0 == " " }.map(String.init))
        } catch {
            throw InvalidValue(error)
        }
        defaultValueDescription = text
    }
}
