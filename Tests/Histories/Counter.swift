import Limiters

/// What one policy has counted for one client, kept in the simplest way that gives the documented answers.
///
/// A sliding window is exact here, so its limit must be at most 1,024.
enum Counter: Hashable {
    case window(NaiveLog)
    /// When the bucket was full again after each admission, with the time between two units.
    case bucket([Microseconds], limit: Int64, interval: Microseconds)

    init(_ quota: Quota) {
        switch quota.algorithm {
        case .slidingWindow, .atOnce: self = .window(NaiveLog(limit: quota.limit, window: quota.window))
        case .tokenBucket:
            self = .bucket([], limit: quota.limit, interval: (quota.window + quota.limit - 1) / quota.limit)
        }
    }

    /// The answer to a request, and what is counted after it if it is allowed.
    func decide(_ cost: Int64, at now: Microseconds) -> (Decision, Counter) {
        switch self {
        case .window(var log):
            // A log from more than a window ahead counts as empty. After a smaller step back, time stands still.
            let ahead = max(0, (log.newest ?? now) - now)
            if ahead > log.window + 1 {
                log = NaiveLog(limit: log.limit, window: log.window)
                return (log.decide(cost, at: now), cost > 0 ? .window(log) : self)
            }
            let decision = log.decide(cost, at: now + ahead)
            return (decision.later(by: ahead), cost > 0 ? .window(log) : self)
        case .bucket(let arrivals, let limit, let interval):
            let burst = limit * interval
            var arrival = max(now, arrivals.last ?? now)
            // A bucket from more than two bursts ahead has just enough for this request.
            if arrival > now + 2 * burst { arrival = now + max(0, burst - cost * interval) }
            let late = arrival + cost * interval - now - burst
            let admission: Admission =
                cost > limit ? .impossible : cost == 0 || late <= 0 ? .allowed : .refused(retryAfter: late)
            if admission == .allowed { arrival += cost * interval }
            let isCharged = admission == .allowed && cost > 0
            let decision = Decision(
                admission: admission, limit: limit, remaining: max(0, now + burst - arrival) / interval,
                resetAfter: arrival - now)
            return (decision, isCharged ? .bucket(arrivals + [arrival], limit: limit, interval: interval) : self)
        }
    }

    /// The counter without its newest admissions.
    func forgetting(_ count: Int) -> Counter {
        switch self {
        case .window(var log):
            log.forget(count)
            return .window(log)
        case .bucket(let arrivals, let limit, let interval):
            return .bucket(Array(arrivals.dropLast(count)), limit: limit, interval: interval)
        }
    }
}

extension Decision {
    /// The decision as seen at an earlier time.
    fileprivate func later(by ahead: Microseconds) -> Decision {
        let admission: Admission =
            if case .refused(let wait) = admission { .refused(retryAfter: wait + ahead) } else { admission }
        return Decision(
            admission: admission, limit: limit, remaining: remaining,
            resetAfter: resetAfter == 0 ? 0 : resetAfter + ahead)
    }
}
