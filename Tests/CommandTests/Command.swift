import Foundation
import Servers

/// Runs the limiter that was built with the tests, without its environment variables except those given here.
func limiter(
    _ words: [String], input: String = "", environment: [String: String] = [:]
) throws -> Program.Outcome {
    var variables = ["FCGI_LIMITER_RULES": "", "FCGI_LIMITER_STORE": "", "REDIS_HOST": ""]
    variables.merge(environment) { $1 }
    return try Program(built: "fcgi-limiter").run(words, input: Array(input.utf8), environment: variables)
}

extension Program.Outcome {
    /// The lines of standard output, or standard error as one element if the program failed.
    var lines: [String] {
        status == 0 ? text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) : [errors]
    }

    /// Whether the program wrote nothing but this line on standard error.
    func isRefusal(_ code: Int32, _ line: String) -> Bool {
        status == code && output.isEmpty && errors == "Error: \(line)\n"
    }
}
