// The example begins
import Limiters
import Synchronization

/// A route's handler with a limit in front of it, as a decorator would put it.
///
/// Request and Response are your server's.
final class Limited: Sendable {
    typealias Handler = @Sendable (Request) -> Response

    private let policy: Policy
    private let handler: Handler
    private let store = Mutex(MemoryStore())

    init(limit: Int64, per window: Microseconds, _ algorithm: Algorithm, handler: @escaping Handler) throws {
        policy = try Policy(name: "route", quota: Quota(limit: limit, window: window, algorithm: algorithm))
        self.handler = handler
    }

    func callAsFunction(_ request: Request, now: Microseconds) -> Response {
        let charge = Charge([.init(policy, for: Identity("address", request.address.utf8))])
        let verdict = store.withLock { store in
            if store.count > 100_000 { store.sweep(now: now) }
            return store.charge(charge, now: now)
        }
        return switch verdict.admission {
        case .allowed: handler(request)
        case .refused(let wait): Response(status: 429, retryAfter: (wait + 999_999) / 1_000_000)
        case .impossible: Response(status: 429)
        }
    }
}

extension Microseconds {
    static let minute: Microseconds = 60_000_000
}

func routes() throws -> [String: Limited] {
    let search = try Limited(limit: 30, per: .minute, .tokenBucket) { request in
        Response(status: 200, body: "results for \(request.query)")
    }
    return ["/api/search": search]
}
// The example ends

/// A server's request, for this example.
struct Request {
    var address: String
    var query: String
}

/// A server's response, for this example.
struct Response: Equatable {
    var status: Int
    var retryAfter: Int64?
    var body = ""
}
