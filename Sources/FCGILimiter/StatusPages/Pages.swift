import Analytics
import FastCGI
import Platform
import Stores

/// The limiter's own pages, never limited: `/health` and `/metrics`.
struct Pages {
    let rules: ActiveRules
    let store: ResilientStore
    let location: StoreLocation
    let ledger: Ledger
    /// What writes to PostgreSQL; `nil` where no database is configured.
    let recorder: Recorder?
    let connections: ConnectionCount
    let started = steadyMicroseconds()

    /// The answer where `path` is one of them.
    func answer(_ path: ArraySlice<UInt8>, _ method: ArraySlice<UInt8>, _ request: Request) -> Response? {
        let isHealth = path.elementsEqual("/health".utf8)
        guard isHealth || path.elementsEqual("/metrics".utf8) else { return nil }
        guard method.elementsEqual("GET".utf8) || method.elementsEqual("HEAD".utf8) else {
            return .methodNotAllowed("GET, HEAD")
        }
        return isHealth ? health() : metrics(request)
    }

    var uptimeSeconds: Int64 { (steadyMicroseconds() - started) / 1_000_000 }
}
