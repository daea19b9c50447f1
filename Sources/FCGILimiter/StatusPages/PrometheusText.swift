import Analytics
import Limiters
import TextFormats

/// Metrics in the text format of Prometheus, written family by family.
///
/// Source: Prometheus text format 0.0.4.
struct PrometheusText {
    enum Kind: String {
        case counter, gauge, histogram
    }

    private var text = ""
    private var name = ""

    var bytes: [UInt8] { Array(text.utf8) }

    /// Begins a family; its samples follow.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        self.name = "fcgi_limiter_" + name
        text += "# HELP \(self.name) \(help)\n# TYPE \(self.name) \(kind.rawValue)\n"
    }

    /// Appends the only sample of the family, a share.
    mutating func sample(_ share: Double) {
        text += "\(name) \(share)\n"
    }

    /// Appends the only sample of the family.
    mutating func sample(_ value: some BinaryInteger) {
        sample([:], value)
    }

    /// Appends a sample of the family.
    mutating func sample(_ labels: KeyValuePairs<String, String>, _ value: some BinaryInteger) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    /// Appends a histogram's cumulative buckets, sum and count, in seconds.
    mutating func histogram(_ latency: LatencyHistogram) {
        var count: Int64 = 0
        for (bucket, bound) in LatencyHistogram.bounds.enumerated() {
            count.saturatingAdd(latency[bucket])
            text += "\(name)_bucket{le=\"\(Self.seconds(bound))\"} \(count)\n"
        }
        text += "\(name)_bucket{le=\"+Inf\"} \(latency.total)\n"
        text += "\(name)_sum \(Self.seconds(latency.sum))\n\(name)_count \(latency.total)\n"
    }

    /// Microseconds as seconds, without an exponent.
    private static func seconds(_ time: Microseconds) -> String {
        let (whole, rest) = time.quotientAndRemainder(dividingBy: 1_000_000)
        return "\(whole)." + zeroPadded(rest, to: 6)
    }

    /// A label's value with backslashes, quotes and line breaks escaped.
    private static func escaped(_ value: String) -> String {
        // By scalars, because a quote followed by a combining mark is one character.
        value.unicodeScalars.map { scalar in
            switch scalar {
            case "\\", "\"": "\\\(scalar)"
            case "\n": "\\n"
            default: String(scalar)
            }
        }.joined()
    }
}
