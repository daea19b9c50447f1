extension Int64 {
    /// The sum; the largest or smallest number if the sum exceeds 64 bits.
    func adding(saturating other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? (other > 0 ? .max : .min) : sum
    }

    /// The nearest integer; the largest or smallest one if the number exceeds 64 bits, and 0 for NaN.
    init(saturating number: Double) {
        self = Int64(exactly: number.rounded()) ?? (number > 0 ? .max : number < 0 ? .min : 0)
    }
}

extension Sequence<Int64> {
    /// The sum of all elements; the largest or smallest number if it exceeds 64 bits.
    var saturatingSum: Int64 { reduce(0) { $0.adding(saturating: $1) } }
}
