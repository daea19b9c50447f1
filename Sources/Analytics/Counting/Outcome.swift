/// What became of a counted request.
///
/// The raw value is its name in the database, in `/metrics` and in Prometheus.
public enum Outcome: String, Sendable, CaseIterable {
    /// Every policy allowed it.
    case allowed
    /// An enforced policy refused it, or its client is banned.
    case blocked
    /// It was let through, although a shadow policy would have refused it.
    case shadowBlocked = "shadow_blocked"
    /// The store did not decide.
    case failed

    /// Its index in `allCases`.
    var index: Int {
        switch self {
        case .allowed: 0
        case .blocked: 1
        case .shadowBlocked: 2
        case .failed: 3
        }
    }
}
