import Analytics
import FastCGI
import Platform
import Stores

/// The limiter's own pages, which are never limited: `/health` and `/metrics`.
struct StatusPages {
    let rules: ActiveRules
    let store: ResilientStore
    let session: StoreSession
    let ledger: Ledger
    /// The recorder that writes to PostgreSQL; `nil` if no database is configured.
    let recorder: Recorder?
    let settler: Settler
    let connections: ConnectionCount
    let healthCheck: HealthCheck
    let started = steadyMicroseconds()

    /// The answer to a request for `path`; `nil` for all other paths.
    func answer(_ path: ArraySlice<UInt8>, _ method: ArraySlice<UInt8>, _ request: Request) -> Response? {
        let isHealth = path.elementsEqual("/health".utf8)
        guard isHealth || path.elementsEqual("/metrics".utf8) else { return nil }
        guard method.elementsEqual("GET".utf8) || method.elementsEqual("HEAD".utf8) else {
            return .methodNotAllowed("GET, HEAD")
        }
        return isHealth ? health(request) : metrics(request)
    }

    var uptimeSeconds: Int64 { (steadyMicroseconds() - started) / 1_000_000 }
}

extension Response {
    /// A page that must not be cached.
    init(status: Int, reason: StaticString, contentType: StaticString, page: [UInt8]) {
        self.init(status: status, reason: reason, body: page)
        addHeader("Content-Type", contentType)
        addHeader("Cache-Control", "no-store")
    }
}
