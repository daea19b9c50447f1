/// A bucket that starts full with `limit` tokens and refills continuously at limit/window.
///
/// A client that has been quiet may spend the whole bucket at once and is then served at the refill rate: one token each
/// window/limit. What it does not do: bound every interval. A full bucket and what flows in meanwhile let almost twice
/// the limit pass within one window. ``SlidingWindow`` never does, but makes a client that spent all at once wait for
/// the window's whole length.
///
/// The state is one integer, the *arrival*: the moment at which the bucket is full again (the theoretical arrival time of
/// the generic cell rate algorithm, ITU-T I.371). The time between tokens is rounded up to a whole microsecond, so a rate
/// that does not divide evenly refills late by less than a microsecond a token, and never early.
struct TokenBucket {
    private let limit: Int64
    private let interval: Microseconds
    private let burst: Microseconds

    init(_ quota: Quota) {
        limit = quota.limit
        interval = (quota.window + quota.limit - 1) / quota.limit
        burst = interval * quota.limit
    }

    /// As ``Quota/decide(_:now:cost:)``; `charge.lua` has the same names in the same order.
    func decide(_ state: State, now: Microseconds, cost: Int64) -> (Decision, Change) {
        var arrival = state.wordCount == 0 ? now : max(state.word(0), now)
        // More than two buckets ahead: the clock stepped back further than a whole bucket lasts. Waiting for it to come
        // back could take years, so the bucket counts as new. After a smaller step it stands still until then.
        if arrival > now + 2 * burst { arrival = now }

        let admission: Admission
        var change = Change()
        if cost > limit {
            admission = .impossible
        } else if cost > 0, arrival + cost * interval > now + burst {
            admission = .refused(retryAfter: arrival + cost * interval - now - burst)
        } else {
            admission = .allowed
            arrival += cost * interval
            if cost > 0 {
                change.cutFirst = state.wordCount
                change.append(arrival)
                change.expiry = arrival
            }
        }
        let remaining = max(0, now + burst - arrival) / interval
        return (Decision(admission: admission, limit: limit, remaining: remaining, resetAfter: arrival - now), change)
    }

    /// As ``Refund/applied(to:now:)``; `refund.lua` has the same names in the same order.
    ///
    /// What a request took is paid off by time, one microsecond a microsecond. Whether time has paid off this request's
    /// units or another's is not kept, so that it was this one's is supposed: then what is given back was never paid off
    /// twice, however many are given back, and in whatever order.
    func refund(_ taken: Refund, to words: [Int64], now: Microseconds) -> [Int64] {
        guard let arrival = words.first else { return words }
        let owed = taken.cost * interval - max(0, now - taken.moment)
        return owed > 0 ? [arrival - owed] : words
    }
}
