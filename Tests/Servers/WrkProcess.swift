import Foundation

/// Load on a web server by `wrk`, which counts complete answers.
public final class WrkProcess: Sendable {
    /// The result of the load.
    public struct Outcome: Sendable {
        /// The number of answers.
        public let answers: Int
        /// Answers with a status other than 2xx and 3xx.
        public let refusals: Int
        /// Whether a connection broke or an answer timed out.
        public let hasErrors: Bool
    }

    private let process: ServerProcess
    private let folder: TemporaryFolder

    /// Starts clients that send requests without a pause.
    ///
    /// - Parameters:
    ///   - url: the requested URL.
    ///   - key: the value of `X-API-Key`.
    ///   - clients: concurrent clients, each with a connection that it keeps.
    ///   - seconds: the duration.
    /// - Throws: ``ServerError`` when `wrk` is not installed.
    public init(_ url: String, key: String, clients: Int, seconds: Int) throws {
        folder = try TemporaryFolder()
        let words = ["-t", "1", "-c", "\(clients)", "-d", "\(seconds)s", "-H", "X-API-Key: \(key)", url]
        process = try ServerProcess(Program("wrk", package: "wrk"), words, in: folder)
    }

    /// Starts clients that send a fixed number of requests.
    ///
    /// The process runs for the whole time even if they finish earlier.
    ///
    /// - Parameters:
    ///   - url: the requested URL.
    ///   - requests: the number of requests on each of eight connections.
    ///   - seconds: the duration, and the limit for the requests.
    ///   - pace: milliseconds between two requests of a connection.
    /// - Throws: ``ServerError`` when `wrk` is not installed.
    public init(_ url: String, requestsOfEach requests: Int, seconds: Int, pace: Int = 0) throws {
        folder = try TemporaryFolder()
        // One connection per thread, so that nothing is in flight after its last answer.
        try folder.write(
            """
            local threads = 0
            function setup(thread) thread:set("number", threads); threads = threads + 1 end
            local answers, sent = 0, 0
            function delay() return \(pace) end
            function request()
                sent = sent + 1
                return wrk.format("GET", nil, { ["X-API-Key"] = "wrk-" .. number .. "-" .. sent % 50 })
            end
            function response()
                answers = answers + 1
                if answers == \(requests) then wrk.thread:stop() end
            end
            """, to: "load.lua")
        let words = ["-t", "8", "-c", "8", "-d", "\(seconds)s", "--timeout", "20s", "-s", folder.path("load.lua"), url]
        process = try ServerProcess(Program("wrk", package: "wrk"), words, in: folder)
    }

    /// The result; `nil` while the load is running.
    ///
    /// - Throws: ``ServerError`` when it failed.
    public func outcome() throws -> Outcome? {
        guard let status = process.endStatus else { return nil }
        let text = process.logText
        guard status == 0, let line = text.firstMatch(of: /(\d+) requests in/), let answers = Int(line.1) else {
            throw ServerError("wrk ended with status \(status): \(text)")
        }
        let refusals = text.firstMatch(of: /Non-2xx or 3xx responses: (\d+)/).flatMap { Int($0.1) }
        return Outcome(answers: answers, refusals: refusals ?? 0, hasErrors: text.contains("Socket errors"))
    }
}
