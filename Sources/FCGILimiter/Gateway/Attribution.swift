import Analytics
import Limiters
import Stores

/// The one policy and outcome under which a request is counted, so that the sums of all counts are requests.
struct Attribution {
    /// The entry of that policy, with the client that it counts.
    let entry: Charge.Entry
    let outcome: Outcome
    /// Whether the request was let through.
    let passes: Bool
    /// What the policy decided; `nil` if nobody decided.
    let decision: Decision?

    /// The attribution of a request.
    ///
    /// A refused request is counted under the policy that refuses it, and an allowed one under the shadow policy that would
    /// refuse it, or else under the tightest policy.
    init(_ outcome: RequestOutcome, of charge: Charge) {
        passes = outcome.passes
        guard let verdict = outcome.verdict else {
            entry = charge.entries.first { $0.policy.mode == .enforced } ?? charge.entries[0]
            self.outcome = .failed
            decision = nil
            return
        }
        let entries = verdict.charge.entries
        let shadow = entries.indices.first {
            entries[$0].policy.mode == .shadow && verdict.decisions[$0].admission != .allowed
        }
        let index = (verdict.isAllowed ? shadow : nil) ?? verdict.governing ?? 0
        entry = entries[index]
        decision = verdict.decisions[index]
        self.outcome = !verdict.isAllowed ? .blocked : shadow == nil ? .allowed : .shadowBlocked
    }
}
