import Analytics
import FastCGI
import Limiters
import Platform
import Startup
import Stores
import TextFormats

extension StatusPages {
    /// 200 if the store answers, 503 if it does not: JSON about the store and the database.
    ///
    /// A store that is known to be unavailable is not asked. A store with an unavailable part, such as a node of a cluster,
    /// is degraded: 200, because the requests of all other clients are decided. So is a limiter whose database does not
    /// accept counts. Only clients on this machine are shown errors, which contain addresses; others are shown their kind.
    func health(_ request: Request) -> Response {
        // An open breaker is newer knowledge than any check, and keeps this one from the store.
        let check =
            store.breaker.map { $0.state != .closed } == true ? checkStore() : healthCheck.result(now: now, checkStore)
        let error = check.failure ?? check.defect ?? store.fullError ?? store.fallbackError
        let recorderFailure = recorder?.failure
        let state = check.failure != nil ? "down" : error != nil ? "degraded" : "up"
        let status = check.failure != nil ? "failing" : error != nil || recorderFailure != nil ? "degraded" : "ok"
        let showsAddresses = request.isLocal

        var json = JSONWriter()
        json.appendObject { json in
            json.append("status", status)
            json.appendObject("store") { json in
                json.append("kind", store.location.kind)
                json.append("state", state)
                if check.failure == nil { json.append("latency_microseconds", check.latency) }
                if let error { json.append("error", error, showsAddresses) }
                if let breaker = store.breaker {
                    json.appendObject("breaker") { $0.appendMembers(of: breaker, showsAddresses) }
                }
            }
            json.appendObject("postgresql") { $0.appendMembers(of: recorder, recorderFailure, showsAddresses) }
            json.append("uptime_seconds", uptimeSeconds)
            json.append("version", programVersion)
        }
        json.endLine()
        return Response(
            status: check.failure == nil ? 200 : 503, reason: check.failure == nil ? "OK" : "Service Unavailable",
            contentType: "application/json", page: json.bytes)
    }

    private var now: Microseconds { steadyMicroseconds() }

    private func checkStore() -> HealthCheck.Result {
        let start = now
        var failure: StoreError?
        do throws(StoreError) {
            try session.check()
        } catch {
            failure = error
        }
        return HealthCheck.Result(failure: failure, defect: session.failedPart, latency: now - start)
    }
}

extension JSONWriter {
    fileprivate mutating func append(_ name: String, _ error: StoreError, _ showsAddresses: Bool) {
        append(name, showsAddresses ? error.description : error.kind.rawValue)
    }

    /// Appends the breaker's state, the Unix time of its last change, how often it has opened, and why it last did.
    fileprivate mutating func appendMembers(of breaker: CircuitBreaker, _ showsAddresses: Bool) {
        append("state", breaker.state.rawValue)
        append("since", (wallMicroseconds() - steadyMicroseconds() + breaker.since) / 1_000_000)
        append("opened", breaker.openings)
        if let error = breaker.lastError { append("last_error", error, showsAddresses) }
    }

    /// Appends the database's state, what waits for it, the seconds since it last accepted counts, and why it does not now.
    fileprivate mutating func appendMembers(of recorder: Recorder?, _ failure: PostgresError?, _ showsAddresses: Bool) {
        guard let recorder else { return append("state", "not_configured") }
        let lastWrite = recorder.lastWrite
        append("state", failure != nil ? "unreachable" : lastWrite == nil ? "unknown" : "connected")
        append("backlog_batches", recorder.backlog)
        append("spooled_bytes", recorder.spooledBytes)
        append("seconds_since_write", lastWrite.map { (steadyMicroseconds() - $0) / 1_000_000 })
        if let failure { append("error", showsAddresses ? failure.description : failure.kind.rawValue) }
    }
}

extension Request {
    /// Whether the client is on this machine: a loopback address, a Unix socket, or no web server at all.
    ///
    /// A request that another proxy has forwarded is not, whatever address the proxy has.
    fileprivate var isLocal: Bool {
        guard bytes(of: "HTTP_X_FORWARDED_FOR") == nil, bytes(of: "HTTP_FORWARDED") == nil else { return false }
        guard let text = bytes(of: "REMOTE_ADDR"), !text.isEmpty, !text.elementsEqual("unix:".utf8) else { return true }
        return switch IPAddress(text) {
        case .v4(let address): address >> 24 == 127
        case .v6(let address): address == 1
        case nil: false
        }
    }
}
