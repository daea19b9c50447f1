/// The state of one key: a run of 64-bit integers, empty when the key is unused.
///
///     token bucket     [arrival]
///     sliding window   [base, time, total, time, total, …]
///
/// A state is a view of the store's own bytes, in the machine's byte order and of any alignment. Reading copies nothing.
public typealias State = RawSpan

extension State {
    /// The number of integers.
    var wordCount: Int { byteCount / 8 }

    /// The integer at `index`, which the caller keeps below ``wordCount``.
    func word(_ index: Int) -> Int64 {
        unsafeLoadUnaligned(fromByteOffset: index &* 8, as: Int64.self)
    }
}

/// How an admitted request changes a state: integers are cut at both ends, then others are appended.
public struct Change: Sendable {
    /// How many integers are cut at the front.
    public internal(set) var cutFirst = 0
    /// How many integers are cut at the back.
    public internal(set) var cutLast = 0
    /// When the new state starts to decide like an empty one, so that a store may remove it.
    public internal(set) var expiry: Microseconds = 0

    private var appended = InlineArray<3, Int64>(repeating: 0)
    private var appendedCount = 0

    init() {}

    /// Whether the state stays the same, as for a refused request or a peek.
    public var isNone: Bool { appendedCount == 0 }

    /// Appends an integer; at most three.
    mutating func append(_ word: Int64) {
        appended[appendedCount] = word
        appendedCount += 1
    }

    /// The length of the new state in bytes.
    public func byteCount(from state: State) -> Int {
        state.byteCount - 8 * (cutFirst + cutLast - appendedCount)
    }

    /// Writes the new state.
    ///
    /// - Parameters:
    ///   - state: the state that was decided on.
    ///   - target: at least ``byteCount(from:)`` bytes that do not overlap `state`.
    public func write(from state: State, to target: UnsafeMutableRawBufferPointer) {
        let kept = state.byteCount - 8 * (cutFirst + cutLast)
        state.withUnsafeBytes { old in
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: old[(8 * cutFirst)..<(8 * cutFirst + kept)]))
        }
        for index in 0..<appendedCount {
            target.storeBytes(of: appended[index], toByteOffset: kept + 8 * index, as: Int64.self)
        }
    }
}
