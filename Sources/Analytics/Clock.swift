import Glibc
import Limiters

/// The machine's clocks.
enum Clock {
    /// Time since the Unix epoch; it may be set, forward and back.
    static func wall() -> Microseconds { read(CLOCK_REALTIME) }

    /// Time that only goes forward, from an unknown beginning.
    static func steady() -> Microseconds { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Microseconds {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
