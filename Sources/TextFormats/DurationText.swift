/// A duration as operators write it: `90s`, `10m`, `1h`, `7d`.
public enum DurationText {
    private static let units: [(letter: Character, seconds: Int64)] = [
        ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]

    /// The durations that can be written, in seconds: 1 second to 366 days.
    public static let bounds: ClosedRange<Int64> = 1...31_622_400

    /// The seconds written in `text`; `nil` if it is not a duration within ``bounds``.
    public static func seconds(_ text: some StringProtocol) -> Int64? {
        guard let unit = units.first(where: { $0.letter == text.last }),
            let count = decimalValue(text.dropLast().utf8), count <= bounds.upperBound
        else { return nil }
        let seconds = count * unit.seconds
        return bounds.contains(seconds) ? seconds : nil
    }

    /// The text of so many seconds in their largest whole unit.
    public static func text(seconds: Int64) -> String {
        let unit = units.first { seconds % $0.seconds == 0 } ?? ("s", 1)
        return "\(seconds / unit.seconds)\(unit.letter)"
    }
}
