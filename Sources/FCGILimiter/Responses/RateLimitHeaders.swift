import FastCGI
import Limiters
import TextFormats

extension Response {
    /// Adds the headers about limits: `X-RateLimit-*` for the decision that matters most, and `RateLimit-Policy` and
    /// `RateLimit` for the policies that ``Verdict/forEachNamed(_:)`` names.
    ///
    /// Source of the latter two: draft-ietf-httpapi-ratelimit-headers-11. All times are seconds, rounded up. A limit at once has
    /// no time: nobody knows when a request ends.
    mutating func addRateLimit(_ verdict: Verdict) {
        let charge = verdict.charge
        guard let governing = verdict.governing else { return }
        let decision = verdict.decisions[governing]
        addHeader("X-RateLimit-Limit", decimal: decision.limit)
        addHeader("X-RateLimit-Remaining", decimal: decision.remaining)
        let algorithm = charge.entries[governing].policy.quota.algorithm
        if algorithm != .atOnce {
            addHeader("X-RateLimit-Reset", decimal: seconds(verdict.now + decision.resetAfter))
        }
        switch algorithm {
        case .slidingWindow: addHeader("X-RateLimit-Strategy", "sliding_window")
        case .tokenBucket: addHeader("X-RateLimit-Strategy", "token_bucket")
        case .atOnce: addHeader("X-RateLimit-Strategy", "at_once")
        }
        addHeader("RateLimit-Policy") { value in
            verdict.forEachNamed { entry, _ in
                value.append(listMember: entry.policy.name)
                value.append(text: ";q=")
                value.append(decimal: entry.policy.quota.limit)
                if entry.policy.quota.algorithm == .atOnce {
                    value.append(text: #";qu="concurrent-requests""#)
                } else {
                    value.append(text: ";w=")
                    value.append(decimal: seconds(entry.policy.quota.window))
                }
            }
        }
        addHeader("RateLimit") { value in
            verdict.forEachNamed { entry, decision in
                value.append(listMember: entry.policy.name)
                value.append(text: ";r=")
                value.append(decimal: decision.remaining)
                guard entry.policy.quota.algorithm != .atOnce else { return }
                value.append(text: ";t=")
                // For a refusal it is the wait, so that Retry-After is never earlier. A clock that stepped back may make it
                // longer than the window, which clients do not expect.
                let wait = min(decision.retryAfter ?? decision.resetAfter, entry.policy.quota.window)
                value.append(decimal: seconds(wait))
            }
        }
    }

    /// Adds `Retry-After`, rounded up to whole seconds and at least one.
    mutating func addRetryAfter(_ wait: Microseconds) {
        addHeader("Retry-After", decimal: max(1, seconds(wait)))
    }
}

extension Verdict {
    /// Calls `name` with the enforced policies and their decisions that fit into a header of 2 kB; the governing one always
    /// fits.
    ///
    /// The snippets give nginx 8 kB for the headers of an answer. An answer with larger headers would count as a failed
    /// limiter, which lets requests pass.
    func forEachNamed(_ name: (Charge.Entry, Decision) -> Void) {
        guard let governing else { return }
        // The numbers, quotes and separators beside a name take 28 bytes at most, and the unit of a limit at once 16 more.
        func size(_ index: Int) -> Int {
            let policy = charge.entries[index].policy
            return policy.name.utf8.count + (policy.quota.algorithm == .atOnce ? 44 : 28)
        }
        var room = 2_048 - size(governing)
        for index in decisions.indices where charge.entries[index].policy.mode == .enforced {
            if index != governing {
                guard size(index) <= room else { continue }
                room -= size(index)
            }
            name(charge.entries[index], decisions[index])
        }
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
