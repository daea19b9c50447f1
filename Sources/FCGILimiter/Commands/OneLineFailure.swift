import ArgumentParser
import Startup

/// Ends a command with one line on standard error and exit status 1, without the usage that ArgumentParser adds.
enum OneLineFailure {
    /// The result of `body`.
    ///
    /// - Throws: `ExitCode.failure`, after the error of `body` is printed.
    static func of<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            printError("Error: \(error)")
            throw ExitCode.failure
        }
    }
}
