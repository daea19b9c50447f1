/// A window that slides with the clock: no interval of its length admits more than `limit` units.
///
/// A unit is free again exactly one window after it was admitted. A window does not refill continuously: a client that
/// spent its limit at once waits a whole window and gets all of it back at once, whereas a ``TokenBucket`` admits single
/// requests at a steady rate.
///
/// The state is a log of admissions in order: `base`, then pairs of a time and the running total after it. The units in use
/// are the last total minus `base`. Expired admissions are removed by cutting pairs at the front: the last integer cut is
/// the new base. So a decision looks at both ends of the log, and at the pairs between them only by binary search.
///
/// For a limit above ``mostEntries`` the log keeps one pair per *grain*, which is window/1,024, at the last microsecond of
/// the grain. So the log is bounded for every limit. A unit may become free up to a grain late, never early.
struct SlidingWindow {
    static let mostEntries: Int64 = 1_024

    private let limit: Int64
    private let window: Microseconds
    private let grain: Microseconds

    init(_ quota: Quota) {
        limit = quota.limit
        window = quota.window
        grain = limit <= Self.mostEntries ? 1 : (window + Self.mostEntries - 1) / Self.mostEntries
    }

    /// As ``Quota/decide(_:now:cost:isForced:)``; `charge.lua` has the same names in the same order.
    func decide(_ state: State, now: Microseconds, cost: Int64, _ isForced: Bool) -> (Decision, Change) {
        var pairs = max(0, (state.wordCount - 1) / 2)
        // The clock stepped back by more than a window. Waiting for it to catch up could take years, so the log is
        // ignored. Sums wrap and results are bounded, so that even a damaged log gives a decision.
        if pairs > 0, !(0...now + window + grain).contains(state.word(2 * pairs - 1)) { pairs = 0 }
        var newest = pairs == 0 ? now : state.word(2 * pairs - 1)
        let total = pairs == 0 ? 0 : state.word(2 * pairs)

        // After a smaller step back, time stands still until the clock has caught up with the newest admission.
        let moment = max(now, newest - grain + 1)
        let grainEnd = moment - moment % grain + grain - 1
        let slot = max(grainEnd, newest)

        let gone = firstPair(in: state, pairs) { time, _ in time > moment - window }
        let base = pairs == 0 ? 0 : state.word(2 * gone)
        var used = min(max(0, total &- base), 1 << 53)

        let admission: Admission
        var change = Change()
        if cost > limit, !isForced {
            admission = .impossible
        } else if isForced || used + cost <= limit || cost == 0 {
            admission = .allowed
            if cost > 0 {
                used += min(cost, 2 * limit)
                if gone == pairs {
                    change.cutFirst = state.wordCount
                    change.append(0)
                    change.append(slot)
                    change.append(used)
                } else if newest == slot {
                    change.cutFirst = 2 * gone
                    change.cutLast = 1
                    change.append(base &+ used)
                } else {
                    change.cutFirst = 2 * gone
                    change.append(slot)
                    change.append(base &+ used)
                }
                newest = slot
                change.expiry = newest + window
            }
        } else {
            let leaving = used + cost - limit
            let pair = firstPair(in: state, pairs) { _, total in total &- base >= leaving }
            let time = max(min(state.word(2 * pair + 1), newest), moment - window + 1)
            admission = .refused(retryAfter: time + window - now)
        }
        let decision = Decision(
            admission: admission, limit: limit, remaining: max(0, limit - used),
            resetAfter: used == 0 ? 0 : max(0, newest + window - now)
        )
        return (decision, change)
    }

    /// As ``Refund/applied(to:now:)``; `refund.lua` has the same names in the same order.
    ///
    /// Removes the admission from the log. An admission that has left the log is free already.
    func refund(_ taken: Refund, to words: [Int64]) -> [Int64] {
        let pairs = max(0, (words.count - 1) / 2)
        let pair = firstPair(in: words.span.bytes, pairs) { time, _ in time >= taken.moment }
        guard pair < pairs, words[2 * pair + 1] == taken.moment else { return words }
        let units = words[2 * pair + 2] &- words[2 * pair]
        // Fewer units: the log was emptied and started again, and these are another request's.
        guard units >= taken.cost else { return words }
        guard pairs > 1 || units > taken.cost else { return [] }
        var words = words
        for later in pair..<pairs { words[2 * later + 2] &-= taken.cost }
        if units == taken.cost { words.removeSubrange((2 * pair + 1)...(2 * pair + 2)) }
        return words
    }

    /// The index of the first pair for which `holds` is true, or `pairs`.
    ///
    /// `holds` must be false up to some pair and true from there on.
    private func firstPair(in state: State, _ pairs: Int, where holds: (_ time: Int64, _ total: Int64) -> Bool) -> Int {
        var low = 0
        var high = pairs
        // Most often the first pair is the one.
        var probe = 0
        while low < high {
            if holds(state.word(2 * probe + 1), state.word(2 * probe + 2)) { high = probe } else { low = probe + 1 }
            probe = (low + high) / 2
        }
        return low
    }
}
