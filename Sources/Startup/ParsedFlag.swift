import ArgumentParser

/// The value that a flag or its variable gives.
///
/// - Parameters:
///   - text: as it was written; `nil` where it was not.
///   - flag: its name without dashes.
///   - allowed: what may be written, for the error.
///   - parse: gives `nil` for what may not.
/// - Returns: the value; `nil` where nothing was written.
/// - Throws: `ValidationError` that names the flag, its value and what it may be.
public func parsed<Value>(
    _ text: String?, _ flag: String, _ allowed: String, _ parse: (String) -> Value?
) throws -> Value? {
    guard let text else { return nil }
    guard let value = parse(text) else {
        throw ValidationError("--\(flag) \"\(text)\" is not usable: write \(allowed)")
    }
    return value
}
