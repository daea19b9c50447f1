/// What a store keeps for one key: a run of 64-bit integers, empty when the key is unused.
///
///     token bucket     [arrival]
///     sliding window   [base, time, total, time, total, …]
///
/// It is a view of the store's own bytes, in the machine's byte order and of any alignment, so reading copies nothing.
public typealias State = RawSpan

extension State {
    /// How many integers there are.
    var wordCount: Int { byteCount / 8 }

    /// The integer at `index`, which the caller keeps below ``wordCount``.
    func word(_ index: Int) -> Int64 {
        unsafeLoadUnaligned(fromByteOffset: index &* 8, as: Int64.self)
    }
}

/// What a decision does to a state when its request is admitted: cut at both ends, then append.
public struct Change: Sendable {
    /// Integers cut off at the front.
    public internal(set) var cutFirst = 0
    /// Integers cut off at the back.
    public internal(set) var cutLast = 0
    /// From this moment on the new state decides like an empty one, so a store may forget it.
    public internal(set) var expiry: Microseconds = 0

    private var appended = InlineArray<3, Int64>(repeating: 0)
    private var appendedCount = 0

    init() {}

    /// Whether the state stays as it is: refused, or a peek.
    public var isNone: Bool { appendedCount == 0 }

    /// Puts an integer at the back; three at the most.
    mutating func append(_ word: Int64) {
        appended[appendedCount] = word
        appendedCount += 1
    }

    /// The new state's length in bytes.
    public func byteCount(from state: State) -> Int {
        state.byteCount - 8 * (cutFirst + cutLast - appendedCount)
    }

    /// Writes the new state.
    ///
    /// - Parameters:
    ///   - state: the state that was decided on.
    ///   - target: at least ``byteCount(from:)`` bytes, apart from those of `state`.
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
