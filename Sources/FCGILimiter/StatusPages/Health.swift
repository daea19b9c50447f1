import FastCGI
import Platform
import Stores

extension Pages {
    /// 200 where the store answers, 503 where it does not: JSON with the store's kind, state and latency.
    ///
    /// A store that is known to be away is not waited for. One of which only a part is away, a node of a cluster, is
    /// degraded: 200, because the requests of all other clients are decided.
    func health() -> Response {
        let asked = steadyMicroseconds()
        var failure: StoreError?
        do throws(StoreError) {
            try store.check()
        } catch {
            failure = error
        }
        let latency = steadyMicroseconds() - asked
        let error = failure ?? store.failedPart
        let (status, state): (StaticString, StaticString) =
            switch (failure, error) {
            case (nil, nil): ("ok", "up")
            case (nil, _?): ("degraded", "degraded")
            case (_?, _): ("failing", "down")
            }

        var body: [UInt8] = []
        body.append(text: #"{"status":""#)
        body.append(text: status)
        body.append(text: #"","store":{"kind":""#)
        body.append(contentsOf: location.kind.utf8)
        body.append(text: #"","state":""#)
        body.append(text: state)
        body.append(text: #"""#)
        if failure == nil {
            body.append(text: #","latency_microseconds":"#)
            body.append(decimal: latency)
        }
        if let error {
            body.append(text: #","error":"#)
            body.append(jsonString: Array(error.description.utf8))
        }
        if let breaker = store.watch?.breaker { body.append(breaker) }
        body.append(text: #"},"uptime_seconds":"#)
        body.append(decimal: uptimeSeconds)
        body.append(text: #","version":"#)
        body.append(jsonString: Array(programVersion.utf8))
        body.append(text: "}\n")

        var response = Response(
            status: failure == nil ? 200 : 503, reason: failure == nil ? "OK" : "Service Unavailable", body: body)
        response.addHeader("Content-Type", "application/json")
        response.addHeader("Cache-Control", "no-store")
        return response
    }
}

extension [UInt8] {
    /// Appends the breaker's state, the Unix time at which that began, how often it has opened, and why it did last.
    fileprivate mutating func append(_ breaker: CircuitBreaker) {
        append(text: #","breaker":{"state":""#)
        append(contentsOf: breaker.state.rawValue.utf8)
        append(text: #"","since":"#)
        append(decimal: (wallMicroseconds() - steadyMicroseconds() + breaker.since) / 1_000_000)
        append(text: #","opened":"#)
        append(decimal: Int64(breaker.openings))
        if let error = breaker.lastError {
            append(text: #","last_error":"#)
            append(jsonString: Array(error.description.utf8))
        }
        append(text: "}")
    }
}
