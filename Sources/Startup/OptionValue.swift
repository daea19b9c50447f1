public import ArgumentParser
public import Logging
import Synchronization

/// A type of option values that explains why a text is not a valid value.
///
/// ArgumentParser only learns that a value is invalid; ``InvalidValue/latest`` keeps the reason for the error message.
public protocol OptionValue: ExpressibleByArgument {
    /// The value written in `text`, which comes from the command line or an environment variable.
    init(option text: String) throws(InvalidValue)
}

/// Why an option's value is invalid, as the rest of a sentence that begins with the option's name.
public struct InvalidValue: Error, Sendable {
    static let latest = Mutex<InvalidValue?>(nil)

    let description: String

    /// The value is none of the allowed ones, for example `1 to 256`.
    public init(_ text: String, allowed: String) {
        description = " \"\(text)\" is not usable: write \(allowed)"
    }

    /// The value was refused with an error that quotes as much of it as may be shown.
    public init(_ error: any Error) {
        description = ": \(error)"
    }
}

extension OptionValue {
    /// The value written in `argument`; `nil`, and the reason kept, if it is invalid.
    public init?(argument: String) {
        guard let value = Self.orReason(argument) else { return nil }
        self = value
    }

    fileprivate static func orReason(_ argument: String) -> Self? {
        do throws(InvalidValue) {
            return try Self(option: argument)
        } catch {
            InvalidValue.latest.withLock { $0 = error }
            return nil
        }
    }
}

/// An option value that is one word of a fixed list.
public protocol OptionWord: OptionValue, CaseIterable, RawRepresentable<String> {}

extension Logger.Level: @retroactive ExpressibleByArgument, OptionWord {
    /// The level written in `argument`; `nil`, and the reason kept, if it is not a level.
    public init?(argument: String) {
        guard let value = Self.orReason(argument) else { return nil }
        self = value
    }
}

extension OptionWord {
    /// The word written in `text`.
    public init(option text: String) throws(InvalidValue) {
        guard let value = Self(rawValue: text) else {
            let words = Self.allCases.map(\.rawValue)
            throw InvalidValue(text, allowed: words.dropLast().joined(separator: ", ") + " or " + (words.last ?? ""))
        }
        self = value
    }

    /// The word written in `argument`; `nil`, and the reason kept, if it is not in the list.
    public init?(argument: String) {
        guard let value = Self.orReason(argument) else { return nil }
        self = value
    }

    /// The word itself.
    public var defaultValueDescription: String { rawValue }
}
