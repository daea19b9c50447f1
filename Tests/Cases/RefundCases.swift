public import Limiters

// Hours, so that a store that also expires keys by a real clock expires none while a test runs.
private let h: Microseconds = 3_600_000_000

/// Charges and refunds of one client, and what a peek finds after each: the same in every store.
public struct RefundCase: Sendable, CustomStringConvertible {
    /// What happens to the client's units.
    public enum Action: Sendable {
        /// A request of this cost is charged.
        case charge(Int64)
        /// Units that were due after a request are taken, whatever the limit.
        case take(Int64)
        /// What the step with this index was charged is given back, and whether that changes the state.
        case refund(Int, changes: Bool)
    }

    /// Microseconds after the beginning, what happens, and `remaining` and `resetAfter` afterwards.
    public typealias Step = (at: Microseconds, action: Action, remaining: Int64, resetAfter: Microseconds)

    /// What the case shows, in a sentence.
    public let description: String
    /// How the client is counted.
    public let quota: Quota
    /// What happens, in its order.
    public let steps: [Step]

    /// Every case.
    public static func all() throws -> [RefundCase] {
        let window = try Quota(limit: 3, window: 10 * h, algorithm: .slidingWindow)
        let lease = try Quota(limit: 3, window: 10 * h, algorithm: .atOnce)
        let many = try Quota(limit: 2_000, window: 1_024 * h, algorithm: .atOnce)
        let bucket = try Quota(limit: 3, window: 3 * h, algorithm: .tokenBucket)
        return [
            RefundCase(
                description: "a window gives back exactly the admission, once", quota: window,
                steps: [
                    (0, .charge(1), 2, 10 * h), (h, .charge(2), 0, 10 * h),
                    (2 * h, .refund(0, changes: true), 1, 9 * h),
                    (2 * h, .refund(0, changes: false), 1, 9 * h), (2 * h, .refund(1, changes: true), 3, 0),
                    (2 * h, .refund(1, changes: false), 3, 0), (2 * h, .charge(3), 0, 10 * h),
                    (3 * h, .refund(6, changes: true), 3, 0),
                ]),
            RefundCase(
                description: "what was admitted at the same time stays", quota: window,
                steps: [
                    (0, .charge(1), 2, 10 * h), (0, .charge(1), 1, 10 * h), (0, .refund(0, changes: true), 2, 10 * h),
                    (10 * h, .charge(3), 0, 10 * h), (10 * h, .refund(1, changes: false), 0, 10 * h),
                ]),
            RefundCase(
                description: "requests at once end in any order, and a lease that nobody ended is over after its time",
                quota: lease,
                steps: [
                    (0, .charge(1), 2, 10 * h), (0, .charge(1), 1, 10 * h), (h, .charge(1), 0, 10 * h),
                    (2 * h, .refund(1, changes: true), 1, 9 * h), (3 * h, .charge(1), 0, 10 * h),
                    (4 * h, .refund(2, changes: true), 1, 9 * h), (10 * h, .charge(2), 0, 10 * h),
                    // Its lease was over, and the others keep theirs.
                    (11 * h, .refund(0, changes: false), 0, 9 * h), (11 * h, .refund(6, changes: true), 2, 2 * h),
                    (11 * h, .refund(4, changes: true), 3, 0),
                ]),
            RefundCase(
                description: "many requests at once share an entry of the log, and each gives back its own units",
                quota: many,
                steps: [
                    (0, .charge(700), 1_300, 1_025 * h - 1), (h / 2, .charge(1_000), 300, 1_024 * h + h / 2 - 1),
                    (h / 2, .refund(0, changes: true), 1_000, 1_024 * h + h / 2 - 1),
                    (h, .charge(1), 999, 1_025 * h - 1),
                    (2 * h, .refund(1, changes: true), 1_999, 1_024 * h - 1),
                    (2 * h, .refund(3, changes: true), 2_000, 0),
                ]),
            RefundCase(
                description: "a bucket gives back what time has not paid off", quota: bucket,
                steps: [
                    (0, .charge(1), 2, h), (0, .charge(2), 0, 3 * h), (0, .refund(0, changes: true), 1, 2 * h),
                    (h / 2, .refund(1, changes: true), 3, 0), (h, .charge(1), 2, h),
                    (2 * h, .refund(4, changes: false), 3, 0),
                ]),
            RefundCase(
                description: "a window owes what was taken beyond its limit for as long as it counts", quota: window,
                steps: [
                    (0, .charge(1), 2, 10 * h), (h, .take(3), 0, 10 * h), (2 * h, .take(9), 0, 10 * h),
                    (11 * h, .take(1), 0, 10 * h), (12 * h, .charge(1), 1, 10 * h), (21 * h, .take(0), 2, h),
                ]),
            RefundCase(
                description: "a bucket owes at most its limit", quota: bucket,
                steps: [
                    (0, .take(2), 1, 2 * h), (0, .take(2), 0, 4 * h), (h, .take(9), 0, 6 * h),
                    (5 * h, .take(0), 1, 2 * h), (7 * h, .take(99), 0, 6 * h),
                ]),
        ]
    }
}
