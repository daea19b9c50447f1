/// The name that somebody who wrote `text` probably meant; `nil` if none is close.
///
/// A name is close if at most a third of its letters were inserted, left out or replaced, or if `text` begins it.
public func nearest(to text: String, among names: some Sequence<String>) -> String? {
    let written = Array(text.lowercased().utf8)
    let ranked = names.map { (name: $0, distance: distance(written, Array($0.lowercased().utf8))) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    let isPrefix = written.count >= 3 && best.name.lowercased().utf8.starts(with: written)
    return best.distance <= max(1, best.name.utf8.count / 3) || isPrefix ? best.name : nil
}

/// The insertions, deletions, replacements and swaps of neighbours between two texts (optimal string alignment).
private func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last: [Int] = Array(0...other.count)
    for (row, byte) in one.enumerated() {
        var next = [row + 1]
        for (column, wanted) in other.enumerated() {
            var best = min(last[column + 1] + 1, next[column] + 1, last[column] + (byte == wanted ? 0 : 1))
            if row > 0, column > 0, byte == other[column - 1], one[row - 1] == wanted {
                best = min(best, beforeLast[column - 1] + 1)
            }
            next.append(best)
        }
        (beforeLast, last) = (last, next)
    }
    return last[other.count]
}

/// A list as it appears in a sentence: `a, b or c`.
public func alternatives(_ names: some Sequence<String>) -> String {
    let names = Array(names)
    return names.count < 2
        ? names.joined() : names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
}
