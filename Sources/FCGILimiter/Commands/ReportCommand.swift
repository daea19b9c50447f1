import ArgumentParser
import Platform
import Startup

/// `fcgi-limiter report`: passes on from standard input how requests ended.
struct ReportCommand: ParsableCommand, VariableOptions {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Tell the limiters of this machine how requests ended.",
        discussion: """
            Reads lines of the form RECEIPT STATUS BYTES COST from standard input until its end, and sends each line at \
            once. BYTES and COST may be left out. Meant for a piped log of Apache, and for applications that report \
            instead of the web server. A lost report costs the client its refund.
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
