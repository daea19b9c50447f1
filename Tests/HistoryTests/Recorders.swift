import Histories
import Limiters
import Servers
import Testing

/// Three processes that charge the same clients at once and write down what they see.
final class Recorders {
    let model: SequentialModel
    private var processes: [ServerProcess]
    private let arguments: [String]
    private let folder: TemporaryFolder

    /// Starts the processes.
    ///
    /// - Parameters:
    ///   - store: the store's address.
    ///   - limit: units per window.
    ///   - window: milliseconds.
    ///   - flags: further flags of `StoreBench record`.
    ///   - algorithm: what counts; `nil` for both algorithms at once.
    ///   - precision: how much of an answer must be explained.
    /// - Throws: an error when a process does not start.
    init(
        on store: String, limit: Int64 = 20, window: Int64 = 200, _ flags: [String] = [],
        algorithm: Algorithm? = nil, precision: SequentialModel.Precision = .exact
    ) throws {
        model = try SequentialModel(
            limit: limit, window: window * 1_000, algorithms: algorithm.map { [$0] } ?? [.tokenBucket, .slidingWindow],
            precision: precision)
        folder = try TemporaryFolder()
        arguments =
            [
                "record", "--store", store, "--limit", "\(limit)", "--window-milliseconds", "\(window)", "--until",
                folder.path("end"),
            ] + (algorithm.map { ["--single", "--algorithm", $0.rawValue] } ?? []) + flags
        processes = []
        for _ in 0..<3 { try start() }
    }

    /// Starts one more process.
    func start() throws {
        processes.append(
            try ServerProcess(
                Program(built: "StoreBench"), arguments + ["--seed", "\(processes.count)"], in: TemporaryFolder()))
    }

    /// Kills the process with this number, while it charges.
    func kill(_ number: Int) {
        processes[number].send(9)
    }

    private var answers: Int { processes.reduce(0) { $0 + $1.logText.count { $0 == "\n" } } / 2 }

    /// Waits until the processes have seen this many more answers.
    func wait(for count: Int) throws {
        let goal = answers + count
        try #require(waitUntil(every: 20) { answers >= goal }, "the recorders get no answers")
    }

    /// Ends the processes after this many more answers, and returns what they have written down.
    func history(after count: Int) throws -> [Operation] {
        try wait(for: count)
        try folder.write("", to: "end")
        for process in processes { try #require(process.waitForEnd(deadline: 60) != nil, "a recorder does not end") }
        return processes.flatMap { ClientLog.operations(in: $0.logText, model) }
    }
}
