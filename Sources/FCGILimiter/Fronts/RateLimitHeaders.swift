import FastCGI
import Limiters
import TextFormats

extension Response {
    /// Adds what a limited answer says of its limits: the `X-RateLimit-*` headers of the decision that matters most, and
    /// `RateLimit-Policy` and `RateLimit` over all enforced policies.
    ///
    /// Source of the latter two: draft-ietf-httpapi-ratelimit-headers-11. All times go out in seconds, rounded up.
    mutating func addRateLimit(_ verdict: Verdict, on charge: Charge) {
        guard let governing = verdict.governing(charge) else { return }
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
                // While it refuses, what counts is when it stops refusing; Retry-After is then never earlier.
                value.append(decimal: seconds(decision.retryAfter ?? decision.resetAfter))
            }
        }
    }

    /// Adds `Retry-After`: never before the time, so rounded up, and at least a second.
    mutating func addRetryAfter(_ wait: Microseconds) {
        addHeader("Retry-After", decimal: max(1, seconds(wait)))
    }
}

/// Whole seconds, rounded up.
private func seconds(_ time: Microseconds) -> Int64 {
    (time + 999_999) / 1_000_000
}

extension [UInt8] {
    /// Appends a structured-field string, after a comma where it is not the first.
    ///
    /// Policy names need no escapes.
    fileprivate mutating func append(listMember name: String) {
        if last != UInt8(ascii: " ") { append(text: ", ") }
        append(UInt8(ascii: "\""))
        append(contentsOf: name.utf8)
        append(UInt8(ascii: "\""))
    }
}
