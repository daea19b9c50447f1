/// A number of bytes as operators write it: `1048576`, `512K`, `512M`, `2G`.
public struct ByteSize: Sendable, Hashable, CustomStringConvertible {
    /// The size in bytes, 0 or more.
    public let bytes: Int

    /// A size of so many bytes, 0 or more.
    public init(bytes: Int) {
        precondition(bytes >= 0, "a size of \(bytes) bytes")
        self.bytes = bytes
    }

    /// The size written in `text`; a unit is a power of 1,024.
    ///
    /// - Returns: `nil` for other text and for sizes that exceed `Int`.
    public init?(_ text: some StringProtocol) {
        let unit = text.last.flatMap { last in Self.units.first { $0.letter == last } }
        guard let number = decimalValue((unit == nil ? text[...] : text.dropLast()).utf8) else { return nil }
        let (bytes, overflows) = Int(number).multipliedReportingOverflow(by: unit?.bytes ?? 1)
        guard !overflows else { return nil }
        self.bytes = bytes
    }

    /// The shortest form that is exact: `512M`.
    public var description: String {
        let unit = Self.units.first { bytes > 0 && bytes.isMultiple(of: $0.bytes) }
        return unit.map { "\(bytes / $0.bytes)\($0.letter)" } ?? String(bytes)
    }

    private static let units: [(letter: Character, bytes: Int)] = [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)]
}
