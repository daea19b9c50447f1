import Foundation
import Servers

/// Runs the program that was built together with the tests, with no variable set that it would go by.
func limiter(
    _ words: [String], input: String = "", environment: [String: String] = [:]
) throws -> Program.Outcome {
    var variables = ["FCGI_LIMITER_RULES": "", "FCGI_LIMITER_STORE": "", "REDIS_HOST": ""]
    variables.merge(environment) { $1 }
    return try Program(built: "fcgi-limiter").run(words, input: Array(input.utf8), environment: variables)
}

extension Program.Outcome {
    /// Its lines on standard output, when it went well.
    var lines: [String] {
        status == 0 ? text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) : [errors]
    }

    /// Whether all that it wrote is this one line on standard error.
    func isRefusal(_ code: Int32, _ line: String) -> Bool {
        status == code && output.isEmpty && errors == "Error: \(line)\n"
    }
}
