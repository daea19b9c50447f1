import Analytics
import Limiters

/// Under which of its policies a request is counted, and as what: exactly one, so that sums are requests.
struct Attribution {
    /// The place among the charge's entries.
    let entry: Int
    let outcome: Outcome
    /// Whether the request was let through.
    let passed: Bool
    /// What that policy said; `nil` where there is no verdict.
    let decision: Decision?

    /// A request whose charge was decided, or could not be.
    init(_ finding: Finding, _ charge: Charge) {
        switch finding {
        case .admitted(let verdict, let charge):
            let shadow = charge.entries.indices.first {
                charge.entries[$0].policy.mode == .shadow && verdict.decisions[$0].admission != .allowed
            }
            entry = shadow ?? verdict.governing(charge) ?? 0
            outcome = shadow == nil ? .allowed : .shadowBlocked
            passed = true
            decision = verdict.decisions[entry]
        case .refused(let verdict, let charge):
            entry = verdict.governing(charge) ?? 0
            outcome = .blocked
            passed = false
            decision = verdict.decisions[entry]
        case .undecided, .unlimited, .banned:
            entry = charge.entries.firstIndex { $0.policy.mode == .enforced } ?? 0
            outcome = .failed
            passed = finding.problem == nil
            decision = nil
        }
    }
}
