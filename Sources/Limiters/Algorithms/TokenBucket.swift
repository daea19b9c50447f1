/// A bucket that starts full with `limit` tokens and refills continuously at limit/window.
///
/// A client that has been quiet may spend the whole bucket at once, and is then served at the refill rate: one token per
/// window/limit. A bucket does not bound every interval: a full bucket and the tokens that flow in meanwhile let almost
/// twice the limit pass within one window. ``SlidingWindow`` bounds every interval, but a client that spent all at once
/// waits for a whole window.
///
/// The state is one integer, the *arrival*: the time at which the bucket is full again (the theoretical arrival time of the
/// generic cell rate algorithm, ITU-T I.371). The time between tokens is rounded up to a whole microsecond, so a rate that
/// does not divide evenly refills late by less than a microsecond per token, and never early.
struct TokenBucket {
    private let limit: Int64
    private let interval: Microseconds
    private let burst: Microseconds

    init(_ quota: Quota) {
        limit = quota.limit
        interval = (quota.window + quota.limit - 1) / quota.limit
        burst = interval * quota.limit
    }

    /// As ``Quota/decide(_:now:cost:isForced:)``; `charge.lua` has the same names in the same order.
    func decide(_ state: State, now: Microseconds, cost: Int64, _ isForced: Bool) -> (Decision, Change) {
        var arrival = state.wordCount == 0 ? now : max(state.word(0), now)
        // An arrival more than two buckets ahead comes from a clock that stepped back further than a bucket lasts, or from
        // a quota that was longer before. Waiting for it could take years, and a full bucket would be a gift to whoever used
        // up the longer quota. So the bucket has just enough for this request. After a smaller step back it stands still.
        if arrival > now + 2 * burst { arrival = now + max(0, burst - min(cost, limit) * interval) }

        let admission: Admission
        var change = Change()
        if cost > limit, !isForced {
            admission = .impossible
        } else if cost > 0, !isForced, arrival + cost * interval > now + burst {
            admission = .refused(retryAfter: arrival + cost * interval - now - burst)
        } else {
            admission = .allowed
            // A debt ends where an arrival would be taken for one by another clock.
            arrival = min(arrival + min(cost, 2 * limit) * interval, now + 2 * burst)
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
    /// Time pays off what a request was charged, one microsecond per microsecond. The state does not tell whose units time
    /// has paid off, so a refund supposes that they were this request's. Then no unit is given back that time has paid
    /// off already, however many refunds there are and in whatever order.
    func refund(_ taken: Refund, to words: [Int64], now: Microseconds) -> [Int64] {
        guard let arrival = words.first else { return words }
        let owed = taken.cost * interval - max(0, now - taken.moment)
        return owed > 0 ? [arrival &- owed] : words
    }
}
