import ArgumentParser
import Glibc

/// Ends a command with one line on standard error and exit code 1: ArgumentParser would add its usage.
enum OneLineFailure {
    /// What `body` gives.
    ///
    /// - Throws: `ExitCode.failure`, after the error has been printed.
    static func of<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            printError("Error: \(error)")
            throw ExitCode.failure
        }
    }
}

/// Prints a line to standard error.
func printError(_ line: String) {
    let text = Array((line + "\n").utf8)
    _ = text.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
