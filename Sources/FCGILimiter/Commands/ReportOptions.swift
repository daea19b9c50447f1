import ArgumentParser
import Limiters
import Platform
import Startup

/// The options that say how the limiter hears how requests ended.
struct ReportOptions: ParsableArguments {
    @Option(
        help: """
            The UDP address at which web servers report how requests ended. Policies with count_if, count_unless, cost or \
            a limit at once need these reports.
            """)
    var reports = ReportAddress.usual

    @Option(help: "Seconds from 1 to 86400 after which a request without a report counts as lost.")
    var reportTimeout: BoundedNumber<1, 86_400> = 600

    var timeout: Microseconds { Microseconds(reportTimeout.value) * 1_000_000 }
}

/// Where reports arrive.
struct ReportAddress: OptionValue {
    /// The address that the snippets name.
    static let usual = ReportAddress(address: DatagramAddress(host: 0x7F00_0001, port: 4_290))

    let address: DatagramAddress

    init(address: DatagramAddress) {
        self.address = address
    }

    init(option text: String) throws(InvalidValue) {
        guard let address = DatagramAddress(text) else { throw InvalidValue(text, allowed: "IPV4-ADDRESS:PORT") }
        self.address = address
    }

    var defaultValueDescription: String { "\(address)" }
}
