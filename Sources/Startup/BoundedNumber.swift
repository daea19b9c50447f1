import ArgumentParser

/// A whole number within bounds, both included.
public struct BoundedNumber<let lowest: Int, let highest: Int>: OptionValue, ExpressibleByIntegerLiteral {
    /// The number.
    public let value: Int

    /// A number in the program's own code; one that is out of bounds is a bug.
    public init(integerLiteral value: Int) {
        precondition((lowest...highest).contains(value))
        self.value = value
    }

    /// The number written in `text`.
    public init(option text: String) throws(InvalidValue) {
        guard let value = Int(text), (lowest...highest).contains(value) else {
            throw InvalidValue(text, allowed: "\(lowest) to \(highest)")
        }
        self.value = value
    }

    /// The number in decimal.
    public var defaultValueDescription: String { String(value) }
}
