# CPU time that processes have used, all their threads together. Sourced.

# cpu_ns PID... prints nanoseconds; 0 without a process.
#
# schedstat counts nanoseconds. Where the kernel does not keep it, stat counts ticks, most often of 10 ms: too coarse for
# one run, but the median of several is still of use.
cpu_ns() {
    local pid ticks_per_second
    [ $# -gt 0 ] || { echo 0; return; }
    if [ -r "/proc/$1/schedstat" ]; then
        for pid in "$@"; do cat "/proc/$pid/task/"*/schedstat; done | awk '{ ns += $1 } END { printf "%.0f\n", ns }'
    else
        ticks_per_second=$(getconf CLK_TCK)
        # What stands before the last ')' is the program's name, which may hold blanks; user and system time are the
        # 12th and 13th word after it.
        for pid in "$@"; do sed 's/.*) //' "/proc/$pid/stat"; done |
            awk -v hz="$ticks_per_second" '{ ticks += $12 + $13 } END { printf "%.0f\n", ticks * 1e9 / hz }'
    fi
}

# per_request NANOSECONDS_BEFORE NANOSECONDS_AFTER REQUESTS prints microseconds a request.
per_request() {
    awk -v before="$1" -v after="$2" -v requests="$3" 'BEGIN { printf "%.2f\n", (after - before) / requests / 1000 }'
}
