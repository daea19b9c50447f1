import FastCGI
import Stores
import TextFormats

/// The header `X-RateLimit-Store`: who decided a request, and the state of the breaker at that time.
///
///     redis;breaker=closed    memory;breaker=open    local;breaker=open    none;breaker=half_open    embedded
struct StoreHeader {
    private let kind: [UInt8]
    private let breaker: [UInt8]

    /// The header of the answers of one tick.
    ///
    /// - Parameters:
    ///   - kind: the store's kind, as ``StoreLocation/kind``.
    ///   - state: of the breaker; `nil` where there is none.
    init(kind: String, state: CircuitBreaker.State?) {
        self.kind = Array(kind.utf8)
        breaker = state.map { Array(";breaker=\($0.rawValue)".utf8) } ?? []
    }

    /// Adds it to the answer that a ruling led to.
    func add(to response: inout Response, of ruling: ResilientStore.Ruling) {
        response.addHeader("X-RateLimit-Store") { value in
            switch ruling {
            case .verdict: value.append(contentsOf: kind)
            case .remembered: value.append(text: "memory")
            case .local: value.append(text: "local")
            case .failure: value.append(text: "none")
            }
            value.append(contentsOf: breaker)
        }
    }
}
