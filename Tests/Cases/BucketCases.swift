import Limiters

// Hours, so that a store that also expires keys by a real clock expires none while a test runs.
private let h: Microseconds = 3_600_000_000
private let day: Microseconds = 24 * h

extension Case {
    /// What a token bucket answers.
    public static func buckets() throws -> [Case] {
        func bucket(_ limit: Int64, per window: Microseconds) throws -> Quota {
            try Quota(limit: limit, window: window, algorithm: .tokenBucket)
        }
        return [
            try Case(
                "a bucket starts full and refills one unit per interval", bucket(30, per: 60 * h),
                [
                    (0, 1, .allowed, 29, 2 * h),
                    (0, 1, .allowed, 28, 4 * h),
                    (3 * h, 0, .allowed, 29, 1 * h),
                    // Full since 4 h: it does not overflow.
                    (10 * h, 1, .allowed, 29, 2 * h),
                ]),
            try Case(
                "an empty bucket refuses until the next unit, and not a microsecond longer", bucket(3, per: 3 * h),
                [
                    (0, 3, .allowed, 0, 3 * h),
                    (0, 1, .refused(retryAfter: h), 0, 3 * h),
                    (h - 1, 1, .refused(retryAfter: 1), 0, 2 * h + 1),
                    (h, 1, .allowed, 0, 3 * h),
                    (h, 1, .refused(retryAfter: h), 0, 3 * h),
                ]),
            try Case(
                "an interval that does not divide evenly is rounded up", bucket(7, per: h),
                [
                    // 3,600,000,000 / 7 = 514,285,714.28…
                    (0, 7, .allowed, 0, 7 * 514_285_715),
                    (514_285_714, 1, .refused(retryAfter: 1), 0, 6 * 514_285_715 + 1),
                    (514_285_715, 1, .allowed, 0, 7 * 514_285_715),
                ]),
            try Case(
                "a cost above one takes that many units at once", bucket(10, per: 10 * h),
                [
                    (0, 7, .allowed, 3, 7 * h),
                    (0, 5, .refused(retryAfter: 2 * h), 3, 7 * h),
                    // A refused request takes nothing: a smaller one still fits.
                    (0, 3, .allowed, 0, 10 * h),
                    (4 * h, 5, .refused(retryAfter: 1 * h), 4, 6 * h),
                    (5 * h, 5, .allowed, 0, 10 * h),
                ]),
            try Case(
                "a cost above the limit is impossible, even of a full bucket", bucket(10, per: 10 * h),
                [
                    (0, 11, .impossible, 10, 0),
                    (0, 4, .allowed, 6, 4 * h),
                    (0, 1_000_000_000, .impossible, 6, 4 * h),
                    (0, 10, .refused(retryAfter: 4 * h), 6, 4 * h),
                ]),
            try Case(
                "a peek takes nothing and is allowed even of an empty bucket", bucket(2, per: 2 * h),
                [
                    (0, 0, .allowed, 2, 0),
                    (0, 2, .allowed, 0, 2 * h),
                    (0, 0, .allowed, 0, 2 * h),
                    (h + 1, 0, .allowed, 1, h - 1),
                ]),
            try Case(
                "a bucket of one unit per day keeps its one interval", bucket(1, per: day),
                [
                    (0, 1, .allowed, 0, day),
                    (day - 1, 1, .refused(retryAfter: 1), 0, 1),
                    (day, 1, .allowed, 0, day),
                ]),
            try Case(
                "the largest bucket is exact", bucket(1_000_000_000, per: 366 * day),
                [
                    // 31,622,400,000,000 / 1,000,000,000 = 31,622.4, so 31,623 each.
                    (0, 1_000_000_000, .allowed, 0, 31_623_000_000_000),
                    (31_622, 1, .refused(retryAfter: 1), 0, 31_622_999_968_378),
                    (31_623, 1, .allowed, 0, 31_623_000_000_000),
                ]),
            try Case(
                "a bucket whose clock steps back stands still until it has caught up", bucket(3, per: 3 * h),
                [
                    (10 * h, 3, .allowed, 0, 3 * h),
                    (9 * h, 1, .refused(retryAfter: 2 * h), 0, 4 * h),
                    (9 * h, 0, .allowed, 0, 4 * h),
                    (11 * h - 1, 1, .refused(retryAfter: 1), 0, 2 * h + 1),
                    (11 * h, 1, .allowed, 0, 3 * h),
                ]),
            try Case(
                "a bucket that is not empty keeps what the step back leaves of it", bucket(10, per: 10 * h),
                [
                    (10 * h, 2, .allowed, 8, 2 * h),
                    (5 * h, 0, .allowed, 3, 7 * h),
                    (5 * h, 3, .allowed, 0, 10 * h),
                    (5 * h, 1, .refused(retryAfter: h), 0, 10 * h),
                ]),
            try Case(
                "a bucket from more than a window ahead has enough for one request: nobody waits for a clock to come back",
                bucket(3, per: 3 * h),
                [
                    (day, 3, .allowed, 0, 3 * h),
                    // One window back, to the microsecond, it still stands still.
                    (day - 3 * h, 1, .refused(retryAfter: 4 * h), 0, 6 * h),
                    (day - 3 * h - 1, 0, .allowed, 0, 3 * h),
                    (day - 3 * h - 1, 1, .allowed, 0, 3 * h),
                    (day - 3 * h - 1, 1, .refused(retryAfter: h), 0, 3 * h),
                    (day - 2 * h - 1, 1, .allowed, 0, 3 * h),
                ]),
        ]
    }
}
