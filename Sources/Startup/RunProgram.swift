public import ArgumentParser

extension ParsableCommand {
    /// Runs the command that the arguments name; what is wrong with them is one line, where ArgumentParser adds its usage.
    ///
    /// - Parameter words: the arguments; `nil` for those of the process.
    public static func runProgram(_ words: [String]?) {
        do {
            var command = try parseAsRoot(words)
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            let lines = message(for: error).split(separator: "\n").map { $0.drop { $0 == " " } }
            printError("Error: \(lines.joined(separator: " "))")
            exit(withError: ExitCode.validationFailure)
        }
    }
}
