import Foundation

/// A fixed number of requests to a web server, sent by `ab`.
///
/// The number is fixed rather than the time, because a timed run ends with inconsistent counts, such as
/// "Complete requests: 3983, Non-2xx responses: 3984".
public final class LoadProcess: Sendable {
    /// The result of the load.
    public struct Outcome: Sendable {
        /// The number of answers.
        public let answers: Int
        /// Answers with a status other than 2xx.
        public let refusals: Int
    }

    private let process: ServerProcess

    /// Starts the server.
    ///
    /// - Parameters:
    ///   - url: the requested URL.
    ///   - key: the value of `X-API-Key`.
    ///   - clients: concurrent clients, each with a connection that it keeps.
    ///   - requests: the number of requests of all clients together.
    /// - Throws: ``ServerError`` when `ab` is not installed.
    public init(_ url: String, key: String, clients: Int, requests: Int) throws {
        let program = try Program("ab", package: "apache2-utils")
        let words = ["-n", "\(requests)", "-c", "\(clients)", "-k", "-l", "-q", "-H", "X-API-Key: \(key)", url]
        process = try ServerProcess(program, words, in: TemporaryFolder())
    }

    /// The result; `nil` while the load is running.
    ///
    /// - Throws: ``ServerError`` when it failed.
    public func outcome() throws -> Outcome? {
        guard let status = process.endStatus else { return nil }
        let lines = process.logText.split(separator: "\n")
        func number(_ name: String) -> Int? {
            lines.first { $0.hasPrefix(name) }?.split(separator: " ").last.flatMap { Int($0) }
        }
        guard status == 0, let answers = number("Complete requests:") else {
            throw ServerError("ab ended with status \(status): \(process.logText)")
        }
        return Outcome(answers: answers, refusals: number("Non-2xx responses:") ?? 0)
    }
}
