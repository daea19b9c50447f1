/// What to answer when the store gives no verdict.
public enum StoreFailureAnswer: String, Sendable, CaseIterable {
    /// The request passes uncounted: the limiter's failure is not the site's.
    case allow
    /// The request is refused with 503.
    case deny
    /// A store of this machine alone decides meanwhile.
    case local
}
