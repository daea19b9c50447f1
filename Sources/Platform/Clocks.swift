import Glibc

/// Microseconds of the steady clock (`CLOCK_MONOTONIC`), which never steps back and starts at an arbitrary time.
public func steadyMicroseconds() -> Int64 { microseconds(of: CLOCK_MONOTONIC) }

/// Microseconds since the Unix epoch (`CLOCK_REALTIME`), by a clock that may be set forward and back.
public func wallMicroseconds() -> Int64 { microseconds(of: CLOCK_REALTIME) }

private func microseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
}
