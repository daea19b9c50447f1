import Limiters

/// What was found about a request, before its front puts it into a form of its own.
enum Finding {
    /// Nothing counts it.
    case unlimited
    /// Its policies allow it, and were charged.
    case admitted(Verdict, Charge)
    /// A policy refuses it; nothing was charged.
    case refused(Verdict, Charge)
    /// Its client is on the list of those who are served nothing.
    case banned
    /// The store gave no verdict, and this is the answer instead.
    case undecided(StoreFailureAnswer)

    /// Why the request is refused; `nil` where it is not.
    var problem: Problem? {
        switch self {
        case .unlimited, .admitted, .undecided(.allow), .undecided(.local): nil
        case .refused(let verdict, let charge): .tooManyRequests(verdict, on: charge)
        case .banned: .banned
        case .undecided(.deny): .storeFailure
        }
    }

    /// The verdict, where there is one.
    var decided: (Verdict, Charge)? {
        switch self {
        case .admitted(let verdict, let charge), .refused(let verdict, let charge): (verdict, charge)
        case .unlimited, .banned, .undecided: nil
        }
    }
}
