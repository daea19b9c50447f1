import Foundation

/// The site of `Tests/Sites/app.py` on a port of its own.
public final class PythonSite: Sendable {
    /// The port of 127.0.0.1 that it listens on.
    public let port: Int

    private let process: ServerProcess

    /// Starts it.
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
}
