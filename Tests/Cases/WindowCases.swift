import Limiters

// Hours, so that a store that also expires keys by a real clock expires none while a test runs.
private let h: Microseconds = 3_600_000_000
private let day: Microseconds = 24 * h

extension Case {
    /// What a sliding window answers.
    public static func windows() throws -> [Case] {
        func window(_ limit: Int64, per window: Microseconds) throws -> Quota {
            try Quota(limit: limit, window: window, algorithm: .slidingWindow)
        }
        // 86,400 s / 1,024.
        let grain: Microseconds = 84_375_000
        return [
            try Case(
                "a unit is free again exactly a window after it was admitted", window(2, per: 10 * h),
                [
                    (0, 1, .allowed, 1, 10 * h),
                    (4 * h, 1, .allowed, 0, 10 * h),
                    (4 * h, 1, .refused(retryAfter: 6 * h), 0, 10 * h),
                    (10 * h - 1, 1, .refused(retryAfter: 1), 0, 4 * h + 1),
                    (10 * h, 1, .allowed, 0, 10 * h),
                    (10 * h, 1, .refused(retryAfter: 4 * h), 0, 10 * h),
                    (14 * h, 1, .allowed, 0, 10 * h),
                ]),
            try Case(
                "the eleventh of ten in 60 h, 20 h after the ten, waits 40 h", window(10, per: 60 * h),
                [
                    (0, 10, .allowed, 0, 60 * h),
                    (20 * h, 1, .refused(retryAfter: 40 * h), 0, 40 * h),
                ]),
            try Case(
                "a cost above one waits until that many units are free", window(5, per: 10 * h),
                [
                    (0, 1, .allowed, 4, 10 * h),
                    (1 * h, 2, .allowed, 2, 10 * h),
                    (2 * h, 1, .allowed, 1, 10 * h),
                    // Its three units are free when those of 0 h and of 1 h are.
                    (3 * h, 3, .refused(retryAfter: 8 * h), 1, 9 * h),
                    (3 * h, 2, .refused(retryAfter: 7 * h), 1, 9 * h),
                    (3 * h, 5, .refused(retryAfter: 9 * h), 1, 9 * h),
                    (11 * h, 3, .allowed, 1, 10 * h),
                ]),
            try Case(
                "a cost above the limit is impossible, even of an empty window", window(10, per: 10 * h),
                [
                    (0, 11, .impossible, 10, 0),
                    (0, 4, .allowed, 6, 10 * h),
                    (1 * h, 1_000_000_000, .impossible, 6, 9 * h),
                ]),
            try Case(
                "a peek takes nothing and is allowed even of a full window", window(2, per: 2 * h),
                [
                    (0, 0, .allowed, 2, 0),
                    (0, 2, .allowed, 0, 2 * h),
                    (h, 0, .allowed, 0, h),
                    (2 * h, 0, .allowed, 2, 0),
                ]),
            try Case(
                "a window of one unit lets one through and then the next", window(1, per: h),
                [
                    (0, 1, .allowed, 0, h),
                    (h - 1, 1, .refused(retryAfter: 1), 0, 1),
                    (h, 1, .allowed, 0, h),
                ]),
            try Case(
                "a window of 1,024 is exact", window(1_024, per: day),
                [
                    (5, 1_023, .allowed, 1, day),
                    (6, 1, .allowed, 0, day),
                    (day + 4, 1, .refused(retryAfter: 1), 0, 2),
                    (day + 5, 1_023, .allowed, 0, day),
                    (day + 5, 1, .refused(retryAfter: 1), 0, day),
                ]),
            try Case(
                "above 1,024 units are free at the end of their grain, never earlier", window(1_025, per: day),
                [
                    (5, 1_000, .allowed, 25, day + grain - 1 - 5),
                    (grain - 1, 24, .allowed, 1, day),
                    (grain, 1, .allowed, 0, day + grain - 1),
                    (grain, 1, .refused(retryAfter: day - 1), 0, day + grain - 1),
                    (day + grain - 2, 1, .refused(retryAfter: 1), 0, grain + 1),
                    (day + grain - 1, 1_024, .allowed, 0, day),
                    // The grain's last microsecond is when the others left and when these came.
                    (day + grain - 1, 1, .refused(retryAfter: grain), 0, day),
                ]),
            try Case(
                "a window whose clock steps back stands still until it has caught up", window(2, per: 10 * h),
                [
                    (20 * h, 1, .allowed, 1, 10 * h),
                    // It counts as admitted at 20 h.
                    (15 * h, 1, .allowed, 0, 15 * h),
                    (15 * h, 1, .refused(retryAfter: 15 * h), 0, 15 * h),
                    (30 * h - 1, 1, .refused(retryAfter: 1), 0, 1),
                    (30 * h, 2, .allowed, 0, 10 * h),
                ]),
            try Case(
                "a large window whose clock steps back within a grain goes on", window(2_000, per: day),
                [
                    (100, 1, .allowed, 1_999, day + grain - 1 - 100),
                    (50, 1, .allowed, 1_998, day + grain - 1 - 50),
                    // A grain back and more: the window stands still at the newest grain.
                    (-50, 1, .allowed, 1_997, day + grain - 1 + 50),
                    (grain, 1, .allowed, 1_996, day + grain - 1),
                ]),
            try Case(
                "a window from more than a window ahead counts as new: nobody waits for a clock to come back",
                window(2, per: 10 * h),
                [
                    (day, 2, .allowed, 0, 10 * h),
                    // A window and a microsecond back it still stands still.
                    (day - 10 * h - 1, 1, .refused(retryAfter: 20 * h + 1), 0, 20 * h + 1),
                    (day - 10 * h - 2, 1, .allowed, 1, 10 * h),
                    (day - 10 * h - 2, 1, .allowed, 0, 10 * h),
                    (day - 10 * h - 2, 1, .refused(retryAfter: 10 * h), 0, 10 * h),
                    (day - 2, 1, .allowed, 1, 10 * h),
                ]),
        ]
    }
}
