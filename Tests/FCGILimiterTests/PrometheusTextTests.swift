import Analytics
import Testing

@testable import FCGILimiter

@Suite("The text for Prometheus")
struct PrometheusTextTests {
    @Test("a histogram has cumulative buckets and the real sum, in seconds")
    func histogram() {
        var latency = LatencyHistogram()
        for time: Int64 in [3, 5, 2_500_000] { latency.add(time) }
        var text = PrometheusText()
        text.family("t", .histogram, "Time.")
        text.histogram(latency)
        let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.contains(#"fcgi_limiter_t_bucket{le="0.000002"} 0"#))
        #expect(lines.contains(#"fcgi_limiter_t_bucket{le="0.000004"} 1"#))
        #expect(lines.contains(#"fcgi_limiter_t_bucket{le="1.048576"} 2"#))
        #expect(
            lines.suffix(3) == [
                #"fcgi_limiter_t_bucket{le="+Inf"} 3"#, "fcgi_limiter_t_sum 2.500008", "fcgi_limiter_t_count 3",
            ])
    }

    @Test("label values escape backslashes, quotes and line breaks, also before a combining mark")
    func labels() {
        var text = PrometheusText()
        text.family("t", .gauge, "One.")
        text.sample(["label": "a\\b\"\u{301}\n"], 1)
        #expect(
            String(decoding: text.bytes, as: UTF8.self).hasSuffix(
                "\nfcgi_limiter_t{label=\"a\\\\b\\\"\u{301}\\n\"} 1\n"))
    }
}
