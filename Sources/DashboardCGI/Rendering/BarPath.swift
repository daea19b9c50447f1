import Analytics

/// Bar charts as SVG paths.
enum BarPath {
    /// A small chart within 100 by 24, whose highest bar would be `peak`.
    static func spark(_ counts: [Int64], peak: Int64) -> String {
        bars(together(counts).map { ($0, 0) }, peak: peak, width: 100, height: 24)
    }

    /// The bars of a small chart: sums of neighbours, because more than 32 could not be told apart.
    static func together(_ counts: [Int64]) -> [Int64] {
        let size = max(1, (counts.count + 31) / 32)
        return stride(from: 0, to: counts.count, by: size).map { start in
            counts[start..<min(start + size, counts.count)].saturatingSum
        }
    }

    /// Bars of these heights, each on top of `below`, within `width` by `height`.
    static func bars(_ bars: [(height: Int64, below: Int64)], peak: Int64, width: Double, height: Double) -> String {
        guard peak > 0, !bars.isEmpty else { return "" }
        let pitch = width / Double(bars.count)
        let thickness = point(pitch * 0.75)
        return bars.enumerated().filter { $0.element.height > 0 }.map { index, bar in
            let size = max(Double(bar.height) / Double(peak) * height, 0.8)
            let left = Double(index) * pitch + pitch * 0.125
            let bottom = height - Double(bar.below) / Double(peak) * height
            return "M\(point(left)) \(point(bottom))v-\(point(size))h\(thickness)v\(point(size))z"
        }.joined()
    }

    /// A line through the middles of bars of these heights, within `width` by `height`.
    static func line(_ heights: [Int64], peak: Int64, width: Double, height: Double) -> String {
        guard peak > 0 else { return "" }
        let pitch = width / Double(heights.count)
        return heights.enumerated().map { index, size in
            let top = height - Double(size) / Double(peak) * height
            return "\(index == 0 ? "M" : "L")\(point((Double(index) + 0.5) * pitch)) \(point(top))"
        }.joined()
    }

    private static func point(_ number: Double) -> String {
        let scaled = Int((min(max(-10_000, number), 10_000) * 100).rounded())
        return scaled % 100 == 0 ? "\(scaled / 100)" : "\(Double(scaled) / 100)"
    }
}
