import Analytics
import FastCGI
import Rules

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

    /// Over all processes where PostgreSQL says so, of this one otherwise.
    private func lastHourJSON() -> [UInt8] {
        func append(_ count: EndpointCounts.Count, to body: inout [UInt8]) {
            body.append(text: #""total":"#)
            body.append(decimal: count.total)
            for outcome in Outcome.allCases {
                body.append(text: ",\"")
                body.append(contentsOf: outcome.rawValue.utf8)
                body.append(text: "\":")
                body.append(decimal: count[outcome])
            }
        }

        let shared = recorder?.lastHour()
        let counts = shared ?? ledger.lastHour
        var body: [UInt8] = []
        body.append(text: #"{"window_seconds":3600,"source":""#)
        body.append(text: shared == nil ? "process" : "postgresql")
        body.append(text: #"","#)
        append(counts.sum, to: &body)
        body.append(text: #","endpoints":{"#)
        for (index, (label, count)) in allLabels(counts).enumerated() {
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
    func allLabels(_ counts: EndpointCounts) -> [(key: String, value: EndpointCounts.Count)] {
        let silent = rules.current.rules.map { ($0.label, EndpointCounts.Count()) }
        return counts.counts.merging(silent) { count, _ in count }.sorted { $0.key < $1.key }
    }
}
