import FastCGI
import Limiters
import TextFormats

extension Response {
    /// Adds the headers about limits: `X-RateLimit-*` for the decision that matters most, and `RateLimit-Policy` and
    /// `RateLimit` for all enforced policies.
    ///
    /// Source of the latter two: draft-ietf-httpapi-ratelimit-headers-11. All times are seconds, rounded up.
    mutating func addRateLimit(_ verdict: Verdict) {
        let charge = verdict.charge
        guard let governing = verdict.governing else { return }
        let decision = verdict.decisions[governing]
        addHeader("X-RateLimit-Limit", decimal: decision.limit)
        addHeader("X-RateLimit-Remaining", decimal: decision.remaining)
        addHeader("X-RateLimit-Reset", decimal: seconds(verdict.now + decision.resetAfter))
        switch charge.entries[governing].policy.quota.algorithm {
        case .slidingWindow: addHeader("X-RateLimit-Strategy", "sliding_window")
        case .tokenBucket: addHeader("X-RateLimit-Strategy", "token_bucket")
        }
        addHeader("RateLimit-Policy") { value in
            for entry in charge.entries where entry.policy.mode == .enforced {
                value.append(listMember: entry.policy.name)
                value.append(text: ";q=")
                value.append(decimal: entry.policy.quota.limit)
                value.append(text: ";w=")
                value.append(decimal: seconds(entry.policy.quota.window))
            }
        }
        addHeader("RateLimit") { value in
            for (entry, decision) in zip(charge.entries, verdict.decisions) where entry.policy.mode == .enforced {
                value.append(listMember: entry.policy.name)
                value.append(text: ";r=")
                value.append(decimal: decision.remaining)
                value.append(text: ";t=")
                // For a refusal it is the wait, so that Retry-After is never earlier.
                value.append(decimal: seconds(decision.retryAfter ?? decision.resetAfter))
            }
        }
    }

    /// Adds `Retry-After`, rounded up to whole seconds and at least one.
    mutating func addRetryAfter(_ wait: Microseconds) {
        addHeader("Retry-After", decimal: max(1, seconds(wait)))
    }
}

/// Whole seconds, rounded up.
private func seconds(_ time: Microseconds) -> Int64 {
    (time + 999_999) / 1_000_000
}

extension [UInt8] {
    /// Appends a structured-field string, and a comma before it unless it is the first.
    ///
    /// Policy names need no escapes.
    fileprivate mutating func append(listMember name: String) {
        if last != UInt8(ascii: " ") { append(text: ", ") }
        append(UInt8(ascii: "\""))
        append(contentsOf: name.utf8)
        append(UInt8(ascii: "\""))
    }
}
