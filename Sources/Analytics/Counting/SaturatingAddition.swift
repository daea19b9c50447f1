extension FixedWidthInteger {
    /// Adds `other`; a sum beyond the bounds of the type becomes the bound that it passed.
    ///
    /// Counts come from files and databases, too: a number that somebody wrote there must not end the process.
    package mutating func saturatingAdd(_ other: Self) {
        self = saturatingAdding(other)
    }

    /// The sum of both; beyond the bounds of the type, the bound that it passed.
    package func saturatingAdding(_ other: Self) -> Self {
        let (sum, isBeyond) = addingReportingOverflow(other)
        return isBeyond ? (other < 0 ? .min : .max) : sum
    }
}

extension Sequence<Int64> {
    /// The sum of all elements; beyond 64 bits, the largest or smallest number.
    package var saturatingSum: Int64 { reduce(0) { $0.saturatingAdding($1) } }
}
