import Foundation

/// The site `Tests/Sites/app.py` on a free port.
public final class PythonSite: Sendable {
    /// The server's port on 127.0.0.1.
    public let port: Int

    private let process: ServerProcess

    /// Starts the server.
    ///
    /// - Throws: ``ServerError`` when Python is not installed, or it does not start.
    public init() throws {
        let port = try FreePort().number
        self.port = port
        let address = ServerAddress.tcp(port: port)
        process = try ServerProcess(
            Program("python3", package: "python3"), [Template.path("Tests/Sites/app.py"), "\(port)"],
            in: TemporaryFolder()
        ) { address.accepts }
    }

    /// How many requests with `ms` in their query run (`running`), the most that ran at once (`peak`), and how many have
    /// ended (`done`).
    ///
    /// - Throws: ``ServerError`` when the site does not answer.
    public func work() throws -> [String: Int] {
        try HTTPClient(self, port: port).get("/worked").json().compactMapValues { $0 as? Int }
    }

    /// Ends the site as a crash would.
    public func kill() { process.send(SIGKILL) }
}
