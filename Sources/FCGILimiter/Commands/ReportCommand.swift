import ArgumentParser
import Platform
import Startup

/// `fcgi-limiter report`: passes on from standard input how requests ended.
struct ReportCommand: ParsableCommand, VariableOptions {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Tell the limiters of this machine how requests ended.",
        discussion: """
            Reads lines of the form RECEIPT STATUS from standard input until it ends, and sends each at once. Meant for a \
            piped log of Apache, and for applications that report by themselves. A report that does not arrive costs the \
            client its refund.
            """
    )

    static let variablePrefix = "FCGI_LIMITER_"

    /// The limiter's own variables, which a container has for all of its commands.
    static let otherVariables = [variablePrefix]

    @Option(help: "The address that serve --reports names.")
    var reports = ReportAddress.usual

    func run() {
        let sender = DatagramSender(reports.address)
        while let line = readLine() { sender.send(line) }
    }
}
