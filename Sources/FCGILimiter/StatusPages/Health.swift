import FastCGI
import Platform
import Startup
import Stores
import TextFormats

extension StatusPages {
    /// 200 if the store answers, 503 if it does not: JSON with the store's kind, state and latency.
    ///
    /// A store that is known to be unavailable is not asked. A store of which only a part is unavailable, such as a node of a
    /// cluster, is degraded: 200, because the requests of all other clients are decided.
    func health() -> Response {
        let start = steadyMicroseconds()
        var failure: StoreError?
        do throws(StoreError) {
            try store.check()
        } catch {
            failure = error
        }
        let latency = steadyMicroseconds() - start
        let error = failure ?? store.failedPart
        let (status, state) =
            failure != nil ? ("failing", "down") : error != nil ? ("degraded", "degraded") : ("ok", "up")

        var json = JSONWriter()
        json.appendObject { json in
            json.append("status", status)
            json.appendObject("store") { json in
                json.append("kind", location.kind)
                json.append("state", state)
                if failure == nil { json.append("latency_microseconds", latency) }
                if let error { json.append("error", error.description) }
                if let breaker = store.watch?.breaker { json.appendObject("breaker") { $0.appendMembers(of: breaker) } }
            }
            json.append("uptime_seconds", uptimeSeconds)
            json.append("version", programVersion)
        }
        json.endLine()
        return Response(
            status: failure == nil ? 200 : 503, reason: failure == nil ? "OK" : "Service Unavailable",
            contentType: "application/json", page: json.bytes)
    }
}

extension JSONWriter {
    /// Appends the breaker's state, the Unix time of its last change, how often it has opened, and why it last did.
    fileprivate mutating func appendMembers(of breaker: CircuitBreaker) {
        append("state", breaker.state.rawValue)
        append("since", (wallMicroseconds() - steadyMicroseconds() + breaker.since) / 1_000_000)
        append("opened", breaker.openings)
        if let error = breaker.lastError { append("last_error", error.description) }
    }
}
