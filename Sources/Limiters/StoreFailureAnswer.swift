/// How a request is answered when the store cannot decide it.
public enum StoreFailureAnswer: String, Sendable, CaseIterable {
    /// The request passes uncounted.
    case allow
    /// The request is refused with 503.
    case deny
    /// The fallback store of this machine decides.
    case local
}
