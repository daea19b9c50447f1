import FastCGI
import Stores

extension Pages {
    /// 200 where the store answers, 503 where it does not: JSON with the store's kind, state and latency.
    ///
    /// A store that is known to be away is not waited for.
    func health() -> Response {
        let asked = steadyMicroseconds()
        var failure: StoreError?
        do throws(StoreError) {
            try store.check()
        } catch {
            failure = error
        }
        let latency = steadyMicroseconds() - asked

        var body: [UInt8] = []
        body.append(text: failure == nil ? #"{"status":"ok""# : #"{"status":"failing""#)
        body.append(text: #","store":{"kind":""#)
        body.append(contentsOf: location.kind.utf8)
        body.append(text: failure == nil ? #"","state":"up","latency_microseconds":"# : #"","state":"down","error":"#)
        if let failure {
            body.append(jsonString: Array(failure.description.utf8))
        } else {
            body.append(decimal: latency)
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
