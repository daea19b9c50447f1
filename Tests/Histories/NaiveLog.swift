public import Limiters

/// A sliding window in its simplest form: the moment of every unit, searched from end to end.
public struct NaiveLog: Hashable, Sendable {
    let limit: Int64
    let window: Microseconds
    private var admissions: [Admitted] = []

    private struct Admitted: Hashable {
        let moment: Microseconds
        let cost: Int64
    }

    /// An empty window.
    public init(limit: Int64, window: Microseconds) {
        self.limit = limit
        self.window = window
    }

    /// The moment of the newest admission; `nil` if there is none.
    var newest: Microseconds? { admissions.last?.moment }

    /// Units admitted in the window that ends at `now`, which it includes.
    public func used(at now: Microseconds) -> Int64 {
        admissions.reduce(0) { $1.moment > now - window ? $0 + $1.cost : $0 }
    }

    /// Notes an admission.
    public mutating func admit(_ cost: Int64, at now: Microseconds) {
        if cost > 0 { admissions.append(Admitted(moment: now, cost: cost)) }
        // No later window begins before this.
        admissions.removeAll { $0.moment <= now - 2 * window }
    }

    /// Forgets the newest admissions.
    mutating func forget(_ count: Int) {
        admissions.removeLast(min(count, admissions.count))
    }

    /// How long until `cost` fits, if each unit leaves `late` microseconds after its window; `nil` for never.
    public func retryAfter(_ cost: Int64, at now: Microseconds, late: Microseconds = 0) -> Microseconds? {
        guard cost <= limit else { return nil }
        var used = used(at: now - late)
        for admission in admissions where admission.moment > now - late - window {
            used -= admission.cost
            if used + cost <= limit { return admission.moment + window + late - now }
        }
        return 0
    }

    /// What a window must answer; charged if it allows.
    public mutating func decide(_ cost: Int64, at now: Microseconds) -> Decision {
        var used = used(at: now)
        let outcome: Admission
        if cost > limit {
            outcome = .impossible
        } else if used + cost <= limit || cost == 0 {
            outcome = .allowed
            admit(cost, at: now)
            used += cost
        } else {
            outcome = .refused(retryAfter: retryAfter(cost, at: now) ?? 0)
        }
        let newest = admissions.last { $0.moment > now - window }
        return Decision(
            admission: outcome, limit: limit, remaining: limit - used,
            resetAfter: newest.map { $0.moment + window - now } ?? 0)
    }
}
