/// One policy's answer to one request.
///
/// Ten units per minute, sliding window, and the eleventh request 20 s after the first ten came together: `admission` is
/// `.refused(retryAfter: 40_000_000)`, `limit` 10, `remaining` 0, `resetAfter` 40,000,000.
public struct Decision: Sendable, Hashable {
    /// Whether the request's cost fits.
    public let admission: Admission
    /// The quota's limit in units.
    public let limit: Int64
    /// Whole units left, never below 0: after this request if it is allowed, without it if it is not.
    ///
    /// 30 per minute, token bucket, full: a request of cost 1 leaves 29, and a peek 3 s later finds 30.
    public let remaining: Int64
    /// How long until the quota is full again if no request follows; 0 when it is full.
    ///
    /// 30 per minute, token bucket: 2 s after the first unit; 60 s when all 30 are used.
    public let resetAfter: Microseconds

    /// A decision that a store made.
    public init(admission: Admission, limit: Int64, remaining: Int64, resetAfter: Microseconds) {
        self.admission = admission
        self.limit = limit
        self.remaining = remaining
        self.resetAfter = resetAfter
    }

    /// How long until this cost fits; `nil` if it fits now or never will.
    public var retryAfter: Microseconds? {
        if case .refused(let retryAfter) = admission { retryAfter } else { nil }
    }
}
