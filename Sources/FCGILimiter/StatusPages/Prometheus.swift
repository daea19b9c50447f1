import Analytics
import FastCGI
import Limiters
import Rules
import Stores

extension Pages {
    /// This process's counters since its start.
    ///
    /// Source: Prometheus text format 0.0.4.
    func prometheusText() -> [UInt8] {
        var text = PrometheusText()
        let counts = ledger.sinceStart

        text.family("requests_total", .counter, "Requests that a rule counts, by endpoint and verdict.")
        var byEndpoint = EndpointCounts()
        for (owner, count) in counts { byEndpoint.add(count.requests, owner.series.endpoint, owner.outcome) }
        for (label, count) in allLabels(byEndpoint) {
            for outcome in Outcome.allCases {
                text.sample(["endpoint": label, "verdict": outcome.rawValue], count[outcome])
            }
        }

        text.family("decisions_total", .counter, "The same requests by the policy that governed them, and verdict.")
        var byPolicy: [Policy: EndpointCounts.Count] = [:]
        for policy in rules.current.policies {
            byPolicy[Policy(name: policy.name, algorithm: policy.quota.algorithm.rawValue)] = EndpointCounts.Count()
        }
        for (owner, count) in counts {
            let policy = Policy(name: owner.series.policy, algorithm: owner.series.algorithm)
            byPolicy[policy, default: EndpointCounts.Count()].add(count.requests, owner.outcome)
        }
        for (policy, count) in byPolicy.sorted(by: { ($0.key.name, $0.key.algorithm) < ($1.key.name, $1.key.algorithm) }
        ) {
            for outcome in Outcome.allCases {
                text.sample(
                    ["policy": policy.name, "algorithm": policy.algorithm, "verdict": outcome.rawValue], count[outcome])
            }
        }

        text.family("decision_seconds", .histogram, "How long the store took to decide.")
        let latency = counts.values.reduce(into: LatencyHistogram()) { $0 += $1.latency }
        text.histogram(latency)

        text.family("store_errors_total", .counter, "Batches that the store did not decide, by kind of failure.")
        let errors = ledger.storeErrors
        for kind in StoreError.Kind.allCases { text.sample(["kind": kind.rawValue], errors[kind.rawValue] ?? 0) }

        if let watch = store.watch { text.add(watch) }

        if let recorder {
            text.family("recorder_up", .gauge, "Whether PostgreSQL takes counts.")
            text.sample([:], recorder.isWriting ? 1 : 0)
            text.family("recorder_backlog_batches", .gauge, "Batches that wait for PostgreSQL, one a second.")
            text.sample([:], Int64(recorder.backlog))
            text.family("recorder_spool_bytes", .gauge, "How much of the spool they take.")
            text.sample([:], Int64(recorder.spooledBytes))
            text.family(
                "recorder_events_dropped_total", .counter, "Blocked requests that are counted but not kept in detail.")
            text.sample([:], ledger.eventsDropped)
        }

        text.family("connections", .gauge, "Connections from web servers that are open now.")
        text.sample([:], Int64(connections.value))
        text.family("uptime_seconds", .gauge, "Seconds since this process began to serve.")
        text.sample([:], uptimeSeconds)
        text.family("build_info", .gauge, "The program that answers.")
        text.sample(["version": programVersion, "store": location.kind], 1)
        return text.bytes
    }

    private struct Policy: Hashable {
        let name: String
        let algorithm: String
    }
}

/// Text for Prometheus that is put together family by family.
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

    mutating func sample(_ labels: KeyValuePairs<String, String>, _ value: Int64) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    /// The buckets, cumulative and in seconds; the sum is what the buckets' upper ends come to, because no more is known.
    mutating func histogram(_ latency: LatencyHistogram) {
        var count: Int64 = 0
        var sum: Int64 = 0
        for (bucket, bound) in LatencyHistogram.bounds.enumerated() {
            count += latency[bucket]
            sum += latency[bucket] * bound
            text += "\(name)_bucket{le=\"\(Self.seconds(bound))\"} \(count)\n"
        }
        let last = latency[LatencyHistogram.bucketCount - 1]
        sum += last * (LatencyHistogram.bounds.last ?? 0) * 2
        text += "\(name)_bucket{le=\"+Inf\"} \(count + last)\n"
        text += "\(name)_sum \(Self.seconds(sum))\n\(name)_count \(count + last)\n"
    }

    /// Microseconds as seconds, without an exponent.
    private static func seconds(_ time: Microseconds) -> String {
        let (whole, rest) = time.quotientAndRemainder(dividingBy: 1_000_000)
        let digits = String(rest)
        return "\(whole)." + String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// A label's value: backslash, quote and line break are escaped.
    private static func escaped(_ value: String) -> String {
        value.map { character in
            switch character {
            case "\\", "\"": "\\" + String(character)
            case "\n": "\\n"
            default: String(character)
            }
        }.joined()
    }
}
