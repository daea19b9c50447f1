import Foundation

/// So many requests to a web server by `ab`, in a process of its own.
///
/// Not for so many seconds, where answers are to be counted: when its time is over, ab has counted refusals of answers that
/// it does not count as complete, and prints such as "Complete requests: 3983, Non-2xx responses: 3984".
public final class LoadProcess: Sendable {
    /// What the clients saw.
    public struct Outcome: Sendable {
        /// Answers in all.
        public let answers: Int
        /// Answers with a status other than 2xx.
        public let refusals: Int
    }

    private let process: ServerProcess

    /// Starts it.
    ///
    /// - Parameters:
    ///   - url: what is asked for.
    ///   - key: the value of `X-API-Key`.
    ///   - clients: how many ask at once, each on a connection that it keeps.
    ///   - requests: how many they send in all.
    /// - Throws: ``ServerError`` when `ab` is not installed.
    public init(_ url: String, key: String, clients: Int, requests: Int) throws {
        let program = try Program("ab", package: "apache2-utils")
        let words = ["-n", "\(requests)", "-c", "\(clients)", "-k", "-l", "-q", "-H", "X-API-Key: \(key)", url]
        process = try ServerProcess(program, words, in: TemporaryFolder())
    }

    /// What came of it; `nil` while it runs.
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
