public import Limiters

/// The result of the rules for one request.
public enum RuleMatch: Sendable {
    /// The request passes uncounted.
    case unlimited(Reason)
    /// The request is refused uncounted: its client is banned by this identity.
    case banned(Identity)
    /// The request passes if the store allows the charge. The matches are the rules that the charge comes from, at least
    /// one, in their order.
    case limited(Charge, [MatchedRule])

    /// Why a request is not counted.
    public enum Reason: Sendable {
        /// No rule matches the request.
        case noRule
        /// The client is exempt by this identity.
        case exempt(Identity)
        /// This rule lets the request pass: `policies: none`.
        case rule(Rule)
    }
}
