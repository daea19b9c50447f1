public import ArgumentParser

/// The option that names the rules file.
public struct RulesOptions: ParsableArguments, VariableOptions {
    /// The limiter's own variables, which the dashboard reads too.
    public static let variablePrefix = "FCGI_LIMITER_"

    /// The path of the rules file; `nil` for the rules of the sample endpoints.
    @Option(
        help: "The rules file. Default: $FCGI_LIMITER_RULES, otherwise the rules of the three sample endpoints.",
        completion: .file())
    public var rules: String?

    /// No options: what the parser starts from.
    public init() {}
}
