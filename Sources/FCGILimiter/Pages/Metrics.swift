import FastCGI
import Rules
import Stores

extension Pages {
    /// The last hour's requests as JSON, or this process's counters as Prometheus text where the client prefers that.
    func metrics(_ request: Request) -> Response {
        var response: Response
        if prefersPrometheus(request) {
            response = Response(status: 200, reason: "OK", body: prometheusText())
            response.addHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        } else {
            response = Response(status: 200, reason: "OK", body: lastHourJSON())
            response.addHeader("Content-Type", "application/json")
        }
        response.addHeader("Cache-Control", "no-store")
        return response
    }

    /// `?format=` decides; without it, a client that accepts plain text or OpenMetrics and names no JSON.
    private func prefersPrometheus(_ request: Request) -> Bool {
        let format = FormText.value(of: "format", in: request.bytes(of: "QUERY_STRING") ?? [])
        if !format.isEmpty { return format.elementsEqual("prometheus".utf8) }
        let accepted = request.text(of: "HTTP_ACCEPT") ?? ""
        return !accepted.contains("json") && (accepted.contains("text/plain") || accepted.contains("openmetrics"))
    }

    private func lastHourJSON() -> [UInt8] {
        func append(_ count: Tally.Count, to body: inout [UInt8]) {
            body.append(text: #""total":"#)
            body.append(decimal: Int64(Tally.Result.allCases.reduce(0) { $0 + count[$1] }))
            for result in Tally.Result.allCases {
                body.append(text: ",\"")
                body.append(contentsOf: "\(result)".utf8)
                body.append(text: "\":")
                body.append(decimal: Int64(count[result]))
            }
        }

        let counts = allLabels(tallies.lastHour)
        var body: [UInt8] = []
        body.append(text: #"{"window_seconds":3600,"source":"process","#)
        append(counts.reduce(Tally.Count()) { $0 + $1.value }, to: &body)
        body.append(text: #","endpoints":{"#)
        for (index, (label, count)) in counts.enumerated() {
            if index > 0 { body.append(text: ",") }
            body.append(jsonString: Array(label.utf8))
            body.append(text: ":{")
            append(count, to: &body)
            body.append(text: "}")
        }
        body.append(text: "}}\n")
        return body
    }

    /// The counts in the order of their labels, with those of rules in force that have counted nothing.
    private func allLabels(_ counts: Tally.Counts) -> [(key: String, value: Tally.Count)] {
        let silent = rules.current.rules.map { ($0.label, Tally.Count()) }
        return counts.merging(silent) { count, _ in count }.sorted { $0.key < $1.key }
    }

    /// Source: Prometheus text format 0.0.4.
    private func prometheusText() -> [UInt8] {
        var text = """
            # HELP fcgi_limiter_requests_total Requests to limited endpoints since the start, by endpoint and verdict.
            # TYPE fcgi_limiter_requests_total counter

            """
        for (label, count) in allLabels(tallies.sinceStart) {
            for result in Tally.Result.allCases {
                text += "fcgi_limiter_requests_total{endpoint=\"\(escaped(label))\",verdict=\"\(result)\"} "
                text += "\(count[result])\n"
            }
        }
        text += """
            # HELP fcgi_limiter_store_errors_total Batches that the store did not decide, by kind of failure.
            # TYPE fcgi_limiter_store_errors_total counter

            """
        let errors = tallies.storeErrors
        for kind in StoreError.Kind.allCases {
            text += "fcgi_limiter_store_errors_total{kind=\"\(kind.rawValue)\"} \(errors[kind] ?? 0)\n"
        }
        text += """
            # HELP fcgi_limiter_connections Connections from web servers that are open now.
            # TYPE fcgi_limiter_connections gauge
            fcgi_limiter_connections \(connections.value)
            # HELP fcgi_limiter_uptime_seconds Seconds since this process began to serve.
            # TYPE fcgi_limiter_uptime_seconds gauge
            fcgi_limiter_uptime_seconds \(uptimeSeconds)
            # HELP fcgi_limiter_build_info The program that answers.
            # TYPE fcgi_limiter_build_info gauge
            fcgi_limiter_build_info{version="\(programVersion)",store="\(location.kind)"} 1

            """
        return Array(text.utf8)
    }

    /// A label's value: backslash, quote and line break are escaped.
    private func escaped(_ value: String) -> String {
        value.map { character in
            switch character {
            case "\\", "\"": "\\" + String(character)
            case "\n": "\\n"
            default: String(character)
            }
        }.joined()
    }
}
