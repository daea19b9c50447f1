import Analytics
import FastCGI
import Rules
import TextFormats

extension StatusPages {
    /// The requests of the last hour as JSON, or the counters of this process as Prometheus text if the client prefers it.
    func metrics(_ request: Request) -> Response {
        prefersPrometheus(request)
            ? Response(
                status: 200, reason: "OK", contentType: "text/plain; version=0.0.4; charset=utf-8",
                page: prometheusText())
            : Response(status: 200, reason: "OK", contentType: "application/json", page: lastHourJSON())
    }

    /// Whether the client asks for Prometheus text: by `?format=`, or else by accepting plain text or OpenMetrics and no JSON.
    private func prefersPrometheus(_ request: Request) -> Bool {
        let format = URLQuery(request.bytes(of: "QUERY_STRING") ?? []).first("format".utf8) ?? []
        if !format.isEmpty { return format.elementsEqual("prometheus".utf8) }
        let accepted = request.text(of: "HTTP_ACCEPT") ?? ""
        return !accepted.contains("json") && (accepted.contains("text/plain") || accepted.contains("openmetrics"))
    }

    /// The counts of all processes if PostgreSQL has them, else those of this process.
    private func lastHourJSON() -> [UInt8] {
        let shared = recorder?.lastHour()
        let counts = shared ?? ledger.lastHour
        var json = JSONWriter()
        json.appendObject { json in
            json.append("window_seconds", 3_600)
            json.append("source", shared == nil ? "process" : "postgresql")
            json.appendMembers(of: counts.sum)
            json.appendObject("endpoints") { json in
                for (label, count) in allEndpoints(counts) { json.appendObject(label) { $0.appendMembers(of: count) } }
            }
        }
        json.endLine()
        return json.bytes
    }

    /// The counts in the order of their labels, with zeros for the active rules that have counted nothing.
    func allEndpoints(_ counts: EndpointCounts) -> [(key: String, value: EndpointCounts.Count)] {
        let zeros = rules.current.rules.map { ($0.label, EndpointCounts.Count()) }
        return counts.counts.merging(zeros) { count, _ in count }.sorted { $0.key < $1.key }
    }
}

extension JSONWriter {
    /// Appends the requests in total and by outcome.
    fileprivate mutating func appendMembers(of count: EndpointCounts.Count) {
        append("total", count.total)
        for outcome in Outcome.allCases { append(outcome.rawValue, count[outcome]) }
    }
}
