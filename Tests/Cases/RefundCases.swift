public import Limiters

// Hours, so that a store that also expires keys by a real clock expires none while a test runs.
private let h: Microseconds = 3_600_000_000

/// Charges and refunds of one client, and what a peek finds after each: the same in every store.
public struct RefundCase: Sendable, CustomStringConvertible {
    /// What happens to the client's units.
    public enum Action: Sendable {
        /// A request of this cost is charged.
        case charge(Int64)
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
                description: "a bucket gives back what time has not paid off", quota: bucket,
                steps: [
                    (0, .charge(1), 2, h), (0, .charge(2), 0, 3 * h), (0, .refund(0, changes: true), 1, 2 * h),
                    (h / 2, .refund(1, changes: true), 3, 0), (h, .charge(1), 2, h),
                    (2 * h, .refund(4, changes: false), 3, 0),
                ]),
        ]
    }
}
