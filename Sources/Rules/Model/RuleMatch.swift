public import Limiters

/// What the rules make of one request.
public enum RuleMatch: Sendable {
    /// It passes without being counted.
    case unlimited(Reason)
    /// It is refused without being counted: its client is on the list of the banned, by this identity.
    case banned(Identity)
    /// It passes if the store allows the charge. The matches are the rules that it comes from, in their order, at least
    /// one; an entry's policy says what to answer when the store fails.
    case limited(Charge, [MatchedRule])

    /// Why a request is not counted.
    public enum Reason: Sendable {
        /// No rule is for it.
        case noRule
        /// Its client is on the list of the exempt, by this identity.
        case exempt(Identity)
        /// This rule lets it pass: `policies: none`.
        case rule(Rule)
    }
}
