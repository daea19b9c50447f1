public import ArgumentParser
import Glibc
import Synchronization

/// The program's arguments, without its name.
///
/// Swift reads them from `/proc`. Without it, a program that a person has started ends with an error.
public func programArguments() -> [String] {
    if CommandLine.arguments.isEmpty, !ListenOptions.hasPassedSocket {
        printError("Error: the arguments cannot be read without /proc; mount it")
        exit(EXIT_FAILURE)
    }
    return Array(CommandLine.arguments.dropFirst())
}

extension ParsableCommand {
    /// Runs the command that the arguments name, with environment variables for the options that are absent from them.
    ///
    /// An error in the arguments is one line, without the usage that ArgumentParser adds.
    ///
    /// - Parameter arguments: without the program's name.
    public static func runProgram(_ arguments: [String]) {
        do {
            let environment = ProcessEnvironment()
            var command = try parse(arguments, environment)
            for warning in FlagVariable.warnings(about: environment, for: command) { printError("warning: \(warning)") }
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            let lines = message(for: error).split(separator: "\n").map { $0.drop { $0 == " " } }
            printError("Error: \(lines.joined(separator: " "))")
            exit(withError: ExitCode.validationFailure)
        }
    }

    /// The parsed command.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - environment: has the variables for the options that are absent from the arguments.
    /// - Returns: the root command or one of its subcommands.
    /// - Throws: `ValidationError` that names the option or the variable with the invalid value.
    public static func parse(
        _ arguments: [String], _ environment: ProcessEnvironment
    ) throws -> any ParsableCommand {
        var command = try explainingInvalidValue(name: nil) { try parseAsRoot(arguments) }
        // The names of subcommands come before their options.
        let start = arguments.firstIndex { $0.hasPrefix("-") } ?? arguments.count
        var arguments = arguments
        // One variable after the other, so that an error is the last one's.
        for option in FlagVariable.all(of: command) where !option.isIn(arguments) {
            guard let value = environment[option.variable] else { continue }
            arguments.insert("\(option.flag)=\(value)", at: start)
            command = try explainingInvalidValue(name: option.variable) { try parseAsRoot(arguments) }
        }
        return command
    }

    /// The result of `body`; ArgumentParser's message about an invalid value, which may show a password, is replaced.
    ///
    /// - Parameters:
    ///   - name: the variable with the value; `nil` for the option that ArgumentParser's message names.
    ///   - body: parses arguments.
    /// - Returns: the result of `body`.
    /// - Throws: `ValidationError` if `body` fails for an ``OptionValue``, otherwise the error of `body`.
    private static func explainingInvalidValue<Result>(name: String?, _ body: () throws -> Result) throws -> Result {
        InvalidValue.latest.withLock { $0 = nil }
        do {
            return try body()
        } catch {
            guard let reason = InvalidValue.latest.withLock({ $0 }) else { throw error }
            // Such as: The value 'x' is invalid for '--loops <loops>'
            let option = message(for: error).split(separator: "' is invalid for '").last?.prefix {
                $0 != " " && $0 != "'"
            }
            throw ValidationError((name ?? option.map(String.init) ?? "") + reason.description)
        }
    }
}
