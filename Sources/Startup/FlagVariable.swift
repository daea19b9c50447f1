import ArgumentParser
import TextFormats

/// Options that are also environment variables: `--socket-mode` and `FCGI_LIMITER_SOCKET_MODE`.
///
/// The prefix applies to the type's own options and to its option groups, unless a group has a prefix of its own.
public protocol VariableOptions {
    /// The first part of the variables' names, for example `FCGI_LIMITER_`.
    static var variablePrefix: String { get }

    /// The first parts of the names of further variables with this prefix that the program knows.
    static var otherVariables: [String] { get }
}

extension VariableOptions {
    /// No further variables.
    public static var otherVariables: [String] { [] }
}

/// An option and the environment variable that sets it.
struct FlagVariable {
    /// The option with its dashes.
    let flag: String
    /// The variable's name.
    let variable: String

    /// All options of a parsed command that are variables too.
    static func all(of options: Any, prefix inherited: String? = nil) -> [FlagVariable] {
        let prefix = (type(of: options) as? any VariableOptions.Type)?.variablePrefix ?? inherited
        return Mirror(reflecting: options).children.flatMap { label, value in
            if let group = value as? any AnyOptionGroup { return all(of: group.options, prefix: prefix) }
            guard value is any AnyOption, let prefix, let label else { return [] }
            // A property wrapper's storage is named like the property, with an underscore before it.
            let words = kebabCase(label.dropFirst())
            let variable = prefix + words.uppercased().replacing("-", with: "_")
            return [FlagVariable(flag: "--" + words, variable: variable)]
        }
    }

    /// Warnings about variables of the environment that look like a command's but are not.
    static func warnings(about environment: ProcessEnvironment, for command: Any) -> [String] {
        guard let type = type(of: command) as? any VariableOptions.Type else { return [] }
        let prefix = type.variablePrefix
        let known = all(of: command).map(\.variable).filter { $0.hasPrefix(prefix) }
        return environment.names.sorted().compactMap { name in
            guard name.hasPrefix(prefix), !known.contains(name), !type.otherVariables.contains(where: name.hasPrefix)
            else { return nil }
            let near = nearest(
                to: String(name.dropFirst(prefix.count)), among: known.map { String($0.dropFirst(prefix.count)) })
            return "\(name) is not a variable of this program; " + (near.map { "write \(prefix)\($0)" } ?? "remove it")
        }
    }

    /// Whether the arguments contain the option.
    func isIn(_ arguments: [String]) -> Bool {
        arguments.contains { $0 == flag || $0.hasPrefix(flag + "=") }
    }

    /// `socketMode` as `socket-mode` and `chartJS` as `chart-js`, the way ArgumentParser names options.
    private static func kebabCase(_ name: Substring) -> String {
        var text = ""
        for letter in name {
            if letter.isUppercase, text.last?.isUppercase == false { text += "-" }
            text.append(letter)
        }
        return text.lowercased()
    }
}

private protocol AnyOption {}
extension Option: AnyOption {}

private protocol AnyOptionGroup {
    var options: Any { get }
}

extension OptionGroup: AnyOptionGroup {
    fileprivate var options: Any { wrappedValue }
}
