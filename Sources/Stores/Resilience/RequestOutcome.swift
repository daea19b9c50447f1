public import Limiters

/// What became of a request at the store, and who decided.
public enum RequestOutcome: Sendable {
    /// Who decided a request.
    ///
    /// The raw value is the name in headers and metrics.
    public enum Decider: String, Sendable, CaseIterable {
        /// The store.
        case store
        /// A cached refusal.
        case cache = "memory"
        /// The fallback store of this machine.
        case fallback = "local"
        /// The counters of networks, because a full store has no room for another client.
        case newcomers
    }

    /// The request was decided. The verdict may be about a part of what was asked: about the policies that refuse, or about
    /// those that the fallback store counts.
    case decided(Verdict, by: Decider)
    /// Nobody could decide, so every request is answered alike.
    case undecided(Answer)

    /// How a request is answered that nobody could decide.
    public enum Answer: Sendable {
        /// The request passes uncounted.
        case allow
        /// The request is refused with 503.
        case deny
    }

    /// The verdict, if there is one.
    public var verdict: Verdict? {
        if case .decided(let verdict, _) = self { verdict } else { nil }
    }

    /// Whether the request passes.
    public var passes: Bool {
        switch self {
        case .decided(let verdict, _): verdict.isAllowed
        case .undecided(.allow): true
        case .undecided(.deny): false
        }
    }
}
