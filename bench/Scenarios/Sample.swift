import Foundation

/// A moment, or a length of time, of the steady clock in microseconds.
typealias Microseconds = Int64

/// One request of the load, and what became of it.
struct Sample {
    /// Who decided a request.
    enum Decider {
        /// The store that all limiters share.
        case store
        /// The limiter, which remembered that the store refuses this caller until a moment that has not come.
        case memory
        /// The machine's own store, while the shared one is away.
        case local
        /// Nobody: it passed uncounted, or it failed.
        case nobody

        /// The decider that `X-RateLimit-Store` names.
        init(header: String?) {
            switch header?.prefix(while: { $0 != ";" }) {
            case nil, "none": self = .nobody
            case "memory": self = .memory
            case "local": self = .local
            // The kind of the store.
            default: self = .store
            }
        }
    }

    let caller: Caller
    /// When it was to be sent.
    let due: Microseconds
    /// When it was sent: late where the one before it on the same connection was answered late.
    let sent: Microseconds
    /// When its answer was there.
    let answered: Microseconds
    /// The answer's status; `nil` where there was none.
    let status: Int?
    let decider: Decider

    /// How long the client waited.
    ///
    /// It counts from when the request was due: one that could not even be sent, because the one before it hung, waited
    /// too.
    var wait: Microseconds { answered - due }

    /// Whether the client was served, or refused as the rules say.
    var isRight: Bool { status == 200 || status == 429 }

    /// The steady clock.
    static func now() -> Microseconds {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
