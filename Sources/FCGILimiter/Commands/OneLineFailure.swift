import ArgumentParser
import Startup

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
