import Foundation

/// A time or a duration of the steady clock, in microseconds.
typealias Microseconds = Int64

/// One request of the load and its outcome.
struct Sample {
    /// What decided a request.
    enum Decider {
        /// The shared store.
        case store
        /// A cached refusal.
        case memory
        /// The machine's fallback store.
        case local
        /// Nothing: the request passed uncounted or failed.
        case nobody

        /// The decider that `X-RateLimit-Store` names.
        init(header: String?) {
            switch header?.prefix(while: { $0 != ";" }) {
            case nil, "none": self = .nobody
            case "memory": self = .memory
            case "local": self = .local
            // The kind of the shared store.
            default: self = .store
            }
        }
    }

    let caller: Caller
    /// When the request was due.
    let due: Microseconds
    /// When the request was sent: late if the previous one on its connection was answered late.
    let sent: Microseconds
    /// When the answer arrived.
    let answered: Microseconds
    /// The status of the answer; `nil` without an answer.
    let status: Int?
    let decider: Decider

    /// How long the client waited after the request was due.
    ///
    /// A request that could not be sent because the previous one hung has waited, too.
    var wait: Microseconds { answered - due }

    /// Whether the client was served or refused by the rules.
    var isRight: Bool { status == 200 || status == 429 }

    /// The time of the steady clock.
    static func now() -> Microseconds {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
