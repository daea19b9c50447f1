import TextFormats

/// Numbers for people, in English.
enum Figure {
    /// `1,234,567`.
    static func count(_ number: Int64) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "−" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// Durations of one column in one unit, with equally many decimals: `0.85 ms`, `12.40 ms`.
    static func microseconds(_ time: Double, upTo longest: Double) -> String {
        guard time.isFinite else { return "–" }
        switch longest {
        case ..<1_000: return decimal(time, places: 0) + " µs"
        case ..<1_000_000: return decimal(time / 1_000, places: 2) + " ms"
        default: return decimal(time / 1_000_000, places: 2) + " s"
        }
    }

    /// About three significant digits: `0.12`, `56.7`, `1,234`; `–` for what is not finite.
    static func number(_ number: Double) -> String {
        guard number.isFinite else { return "–" }
        let size = number.magnitude
        if size >= 100 || number == number.rounded() { return count(Int64(saturating: number)) }
        return decimal(number, places: size >= 10 ? 1 : 2)
    }

    /// `12.3 %`.
    static func share(_ share: Double) -> String {
        let percent = share * 100
        if percent > 0, percent < 0.05 { return "< 0.1 %" }
        return decimal(percent, places: 1) + " %"
    }

    /// `850 µs`, `1.2 ms`, `3.4 s`.
    static func microseconds(_ time: Double) -> String {
        if time < 1_000 { return number(time) + " µs" }
        return time < 1_000_000 ? number(time / 1_000) + " ms" : number(time / 1_000_000) + " s"
    }

    /// `42 s`, `5 min`, `3 h 20 min`, `12 d 4 h`.
    static func seconds(_ time: Double) -> String {
        let whole = Int64(saturating: time.rounded(.up))
        let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60)
        if days > 0 { return hours > 0 ? "\(days) d \(hours) h" : "\(days) d" }
        if hours > 0 { return minutes > 0 ? "\(hours) h \(minutes) min" : "\(hours) h" }
        if minutes > 0 { return whole % 60 > 0 ? "\(minutes) min \(whole % 60) s" : "\(minutes) min" }
        return "\(whole) s"
    }

    /// `3.4 MiB`.
    static func bytes(_ size: Int64) -> String {
        var value = Double(size)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1_024 { return number(value) + " " + unit }
            value /= 1_024
        }
        return number(value) + " TiB"
    }

    /// The relative change: `+12.3 %`; `nil` if `before` is 0.
    static func change(_ now: Double, from before: Double) -> String? {
        guard before > 0 else { return nil }
        let change = (now - before) / before * 100
        let sign = change > 0 ? "+" : change < 0 ? "−" : "±"
        let size = change.magnitude
        return sign + (size >= 1_000 ? count(Int64(saturating: size)) : decimal(size, places: size >= 100 ? 0 : 1))
            + " %"
    }

    /// The change of a share in percentage points: `+1.2 points`.
    static func points(_ now: Double, from before: Double) -> String {
        let change = (now - before) * 100
        return (change > 0 ? "+" : change < 0 ? "−" : "±") + decimal(change.magnitude, places: 1) + " points"
    }

    /// Rounded to 0 to 3 decimal places.
    static func decimal(_ number: Double, places: Int) -> String {
        let scale = [1, 10, 100, 1_000][places]
        let scaled = Int64(saturating: number.magnitude * Double(scale))
        let sign = number < 0 && scaled > 0 ? "−" : ""
        guard places > 0 else { return sign + count(scaled) }
        return sign + count(scaled / Int64(scale)) + "." + zeroPadded(scaled % Int64(scale), to: places)
    }
}

extension Int64 {
    /// The nearest integer; the largest or smallest one if the number exceeds 64 bits, and 0 for NaN.
    fileprivate init(saturating number: Double) {
        self = Int64(exactly: number.rounded()) ?? (number > 0 ? .max : number < 0 ? .min : 0)
    }
}
