# CPU time and memory of processes with all their threads. Sourced by run.

# cpu_ns PID... prints the CPU time in nanoseconds; 0 without a process.
#
# schedstat counts nanoseconds. A kernel without it has only stat, which counts ticks of usually 10 ms: too coarse for one run, but
# the median of several runs is still useful.
cpu_ns() {
    local pid ticks_per_second
    [ $# -gt 0 ] || { echo 0; return; }
    if [ -r "/proc/$1/schedstat" ]; then
        for pid in "$@"; do cat "/proc/$pid/task/"*/schedstat; done | awk '{ ns += $1 } END { printf "%.0f\n", ns }'
    else
        ticks_per_second=$(getconf CLK_TCK)
        # The program's name, which may contain blanks, ends with the last ')'. User and system time are the 12th and 13th
        # word after it.
        for pid in "$@"; do sed 's/.*) //' "/proc/$pid/stat"; done |
            awk -v hz="$ticks_per_second" '{ ticks += $12 + $13 } END { printf "%.0f\n", ticks * 1e9 / hz }'
    fi
}

# per_request NANOSECONDS_BEFORE NANOSECONDS_AFTER REQUESTS prints microseconds per request.
per_request() {
    awk -v before="$1" -v after="$2" -v requests="$3" 'BEGIN { printf "%.2f\n", (after - before) / requests / 1000 }'
}

# resident_kb PID... prints the resident memory in kB.
resident_kb() {
    local pid
    for pid in "$@"; do cat "/proc/$pid/status" 2>/dev/null || true; done | awk '/^VmRSS:/ { kb += $2 } END { print kb + 0 }'
}
