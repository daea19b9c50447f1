import FastCGI
import Stores
import TextFormats

/// The header `X-RateLimit-Store`: who decided a request, and the state of the breaker at that time.
///
///     redis;breaker=closed    memory;breaker=open    local;breaker=open    none;breaker=half_open    embedded
struct StoreHeader: Sendable {
    private let store: ResilientStore

    /// The header of requests to this store.
    init(_ store: ResilientStore) {
        self.store = store
    }

    /// The header as it is for the requests of one tick.
    struct OfTick {
        fileprivate let kind: String
        fileprivate let breaker: String

        /// Adds the header to the response to a request with this outcome.
        func add(to response: inout Response, of outcome: RequestOutcome) {
            response.addHeader("X-RateLimit-Store") { value in
                switch outcome {
                case .decided(_, by: .store): value.append(contentsOf: kind.utf8)
                case .decided(_, let decider): value.append(contentsOf: decider.rawValue.utf8)
                case .undecided: value.append(text: "none")
                }
                value.append(contentsOf: breaker.utf8)
            }
        }
    }

    /// The header of the present tick.
    func ofTick() -> OfTick {
        OfTick(kind: store.location.kind, breaker: store.breaker.map { ";breaker=\($0.state.rawValue)" } ?? "")
    }
}
