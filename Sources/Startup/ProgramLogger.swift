import ArgumentParser
public import Logging

extension Logger {
    /// A logger that writes one line per event to standard error.
    public static func ofProgram(_ name: String, level: Level) -> Logger {
        var logger = Logger(label: name, factory: LineLogHandler.init(program:))
        logger.logLevel = level
        return logger
    }

    /// Runs the program's work; logs an error and exits with status 1.
    public func run(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            self.error("\(error)")
            throw ExitCode.failure
        }
    }
}
