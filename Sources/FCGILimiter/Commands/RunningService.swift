/// What the running limiters of this machine agree on, for commands whose options leave it open.
enum RunningService {
    /// The value that all running limiters have.
    ///
    /// - Parameters:
    ///   - option: the option that would name the value.
    ///   - value: reads the value from one limiter; `nil` for one that this program does not understand.
    /// - Returns: `nil` if no limiter runs.
    /// - Throws: `ExitCode.failure`, after the error is printed, if they have different ones.
    static func value<Value: Hashable & CustomStringConvertible>(
        _ option: String, _ value: (RunningLimiter) -> Value?
    ) throws -> Value? {
        let values = Set(RunningLimiter.all.compactMap(value))
        return try OneLineFailure.of { () throws(Ambiguity) in
            guard values.count < 2 else {
                throw Ambiguity(option: option, values: values.map(\.description).sorted())
            }
            return values.first
        }
    }

    private struct Ambiguity: Error, CustomStringConvertible {
        let option: String
        let values: [String]

        var description: String {
            "the limiters that run here differ: use \(option) to name one of \(values.joined(separator: ", "))"
        }
    }
}
