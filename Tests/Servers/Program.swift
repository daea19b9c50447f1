import Foundation

/// A program that tests start, from Debian or from this package.
public struct Program: Sendable {
    /// The program's path.
    public let path: String

    /// The program `name` of a Debian package.
    ///
    /// - Throws: ``ServerError`` that names the package to install when the program is missing.
    public init(_ name: String, package: String) throws {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        // Servers are in folders that only root's PATH contains.
        let folders = path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin"]
        guard let folder = folders.first(where: { access("\($0)/\(name)", X_OK) == 0 }) else {
            throw ServerError("\(name) is missing: apt-get install \(package)")
        }
        self.path = "\(folder)/\(name)"
    }

    /// The program `name` from the same build as the tests.
    ///
    /// - Throws: ``ServerError`` when the program was not built.
    public init(built name: String) throws {
        // The tests' own program is in the folder of all products.
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        path = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent(name).path
        guard access(path, X_OK) == 0 else {
            throw ServerError("\(path) is missing: swift build --product \(name)")
        }
    }

    /// The program at this path.
    ///
    /// - Throws: ``ServerError`` when there is none.
    public init(at path: String) throws {
        self.path = path
        guard access(path, X_OK) == 0 else { throw ServerError("\(path) is missing") }
    }

    /// Copies the program to another path.
    ///
    /// A separate process writes the copy. A file that the tests wrote themselves could be inherited, still open, by a process
    /// started in the meantime, and the kernel refuses to run a program that is open for writing.
    ///
    /// - Throws: ``ServerError`` when the program cannot be copied.
    public func copy(to path: String) throws -> Program {
        let outcome = try Program("cp", package: "coreutils").run([self.path, path])
        guard outcome.status == 0 else { throw ServerError(outcome.errors) }
        return try Program(at: path)
    }

    /// The result of a finished program.
    public struct Outcome: Sendable {
        /// The exit status, or the negated number of the signal that ended the program.
        public let status: Int32
        /// The log.
        public let output: [UInt8]
        /// The standard error.
        public let errors: String

        /// Creates a result.
        public init(status: Int32, output: [UInt8], errors: String) {
            self.status = status
            self.output = output
            self.errors = errors
        }

        /// The standard output as text, without the last line end.
        public var text: String {
            let text = String(decoding: output, as: UTF8.self)
            return text.hasSuffix("\n") ? String(text.dropLast()) : text
        }
    }

    /// Runs the program to its end.
    public func run(
        _ arguments: [String] = [], input: [UInt8] = [], environment: [String: String] = [:]
    ) throws -> Outcome {
        let folder = try TemporaryFolder()
        try Data(input).write(to: URL(fileURLWithPath: folder.path("input")))
        let child = try ChildProcess(
            self, arguments, environment: environment,
            input: folder.path("input"), output: folder.path("output"), errors: folder.path("errors"))
        let status = child.finish()
        return Outcome(
            status: status, output: [UInt8](FileManager.default.contents(atPath: folder.path("output")) ?? Data()),
            errors: folder.text(of: "errors"))
    }
}
