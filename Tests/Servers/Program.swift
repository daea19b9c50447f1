import Foundation

/// A program that tests start: one that Debian ships, or one of this package.
public struct Program: Sendable {
    /// Where it is.
    public let path: String

    /// The program `name` of a Debian package.
    ///
    /// - Throws: ``ServerError`` that names the package to install where there is no such program.
    public init(_ name: String, package: String) throws {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        // Servers are in folders that only root's PATH names.
        let folders = path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin"]
        guard let folder = folders.first(where: { access("\($0)/\(name)", X_OK) == 0 }) else {
            throw ServerError("\(name) is missing: apt-get install \(package)")
        }
        self.path = "\(folder)/\(name)"
    }

    /// The program `name` that was built together with the tests.
    ///
    /// - Throws: ``ServerError`` where it was not built.
    public init(built name: String) throws {
        // The tests are themselves a program, in the folder that all products are built into.
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        path = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent(name).path
        guard access(path, X_OK) == 0 else {
            throw ServerError("\(path) is missing: swift build --product \(name)")
        }
    }

    /// The program at this path.
    ///
    /// - Throws: ``ServerError`` where there is none.
    public init(at path: String) throws {
        self.path = path
        guard access(path, X_OK) == 0 else { throw ServerError("\(path) is missing") }
    }

    /// A copy of the program at another path.
    ///
    /// Another process writes it: one that tests start in the meantime would inherit an open file of theirs, and no system
    /// runs a program that somebody has open for writing.
    ///
    /// - Throws: ``ServerError`` where it cannot be copied.
    public func copy(to path: String) throws -> Program {
        let outcome = try Program("cp", package: "coreutils").run([self.path, path])
        guard outcome.status == 0 else { throw ServerError(outcome.errors) }
        return try Program(at: path)
    }

    /// What a program did that ran to its end.
    public struct Outcome: Sendable {
        /// The exit status; the signal's number below 0 where one ended it.
        public let status: Int32
        /// What it wrote.
        public let output: [UInt8]
        /// What it wrote to its standard error.
        public let errors: String

        /// What a program did.
        public init(status: Int32, output: [UInt8], errors: String) {
            self.status = status
            self.output = output
            self.errors = errors
        }

        /// What it wrote, as text without the last line's end.
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
