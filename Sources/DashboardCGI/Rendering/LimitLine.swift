import Limiters

/// The limit of the chosen policy in a chart: what it allows those whose requests the bars count.
struct LimitLine {
    /// The line as the template shows it.
    struct View {
        /// `10 per minute`.
        let text: String
        /// The SVG path, within 600 by 200; empty if the limit is not drawn.
        let path: String
    }

    /// The units that the limit allows in the time of a bar; `nil` if it is not drawn.
    ///
    /// It is not drawn in a chart in which the bars would be less than a third as high.
    let height: Double?
    /// The height of the chart: that of the highest bar, or of the line.
    let peak: Int64
    let view: View

    /// The line of a limit.
    ///
    /// - Parameters:
    ///   - quota: the limit.
    ///   - range: the time whose bars the chart has.
    ///   - step: the length of a bar, after "per".
    ///   - highest: the highest bar.
    init(_ quota: Quota, _ range: TimeRange, step: String, highest: Int64) {
        let perBar = Double(quota.limit) * Double(range.step) * 1_000_000 / Double(quota.window)
        let isDrawn = perBar <= 3 * Double(highest)
        height = isDrawn ? perBar : nil
        peak = isDrawn ? max(highest, Int64(perBar.rounded(.up))) : highest
        view = View(
            text: "\(Figure.number(perBar)) per \(step)",
            path: isDrawn ? "M0 \(Int((200 - perBar / Double(peak) * 200).rounded()))H600" : "")
    }
}
