/// Addresses and networks, found by binary search.
struct AddressSet: Sendable {
    /// Sorted ranges that neither overlap nor touch.
    private var v4: [ClosedRange<UInt32>] = []
    private var v6: [ClosedRange<UInt128>] = []
    private var hasUnix = false

    init(_ networks: [Network] = []) {
        for network in networks {
            switch network {
            case .v4(let range): v4.append(range)
            case .v6(let range): v6.append(range)
            case .unix: hasUnix = true
            }
        }
        v4 = Self.merged(v4)
        v6 = Self.merged(v6)
    }

    var isEmpty: Bool { v4.isEmpty && v6.isEmpty && !hasUnix }

    func contains(_ address: Address) -> Bool {
        switch address {
        case .v4(let value): Self.range(in: v4, around: value) != nil
        case .v6(let value): Self.range(in: v6, around: value) != nil
        case .unix: hasUnix
        }
    }

    /// Whether this set contains every address of `other`.
    func covers(_ other: AddressSet) -> Bool {
        (hasUnix || !other.hasUnix)
            && other.v4.allSatisfy { Self.range(in: v4, around: $0.lowerBound)?.contains($0.upperBound) == true }
            && other.v6.allSatisfy { Self.range(in: v6, around: $0.lowerBound)?.contains($0.upperBound) == true }
    }

    private static func merged<Value: FixedWidthInteger>(_ ranges: [ClosedRange<Value>]) -> [ClosedRange<Value>] {
        var merged: [ClosedRange<Value>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound || range.lowerBound - 1 == last.upperBound {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    private static func range<Value: FixedWidthInteger>(
        in ranges: [ClosedRange<Value>], around value: Value
    ) -> ClosedRange<Value>? {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= value ? ranges[low] : nil
    }
}
