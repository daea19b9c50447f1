# CPU time of Redis per batch, by the size of the batch: the service times that simulate.py uses. Sourced by run.

# service_run BATCH ALGORITHM: appends the batch's size and Redis' CPU time per batch, in µs, to $runs.
service_run() {
    local before after calls
    redis_do "$work/redis.sock" FLUSHALL SYNC >/dev/null
    redis_do "$work/redis.sock" CONFIG RESETSTAT >/dev/null
    before=$(cpu_ns "$redis_pid")
    "$store_bench" rate --store "redis+unix:$work/redis.sock" --keys 100000 --loops 2 --batch "$1" --seconds "$duration" \
        --algorithm "$2" >"$work/StoreBench.log" 2>&1 || fail 'StoreBench rate failed' "$work/StoreBench.log"
    after=$(cpu_ns "$redis_pid")
    calls=$(redis_do "$work/redis.sock" INFO commandstats | sed -n 's/^cmdstat_evalsha:calls=\([0-9]*\),.*/\1/p')
    printf '%s-%s\t%s\t%s\n' "$2" "$1" "$1" "$(per_request "$before" "$after" "$calls")" >>"$runs"
    progress "$(tail -n 1 "$runs")"
}

# Only the calls of charge.lua for allowed requests that find a state, and an answer of the same shape: no script that makes these
# calls takes less.
# shellcheck disable=SC2034 # by name, in calls_run
bucket_calls='local answer, now = { 0 }, redis.call("TIME")
    redis.call("MGET", unpack(KEYS))
    for i, key in ipairs(KEYS) do
        redis.call("INCRBY", key, "1")
        answer[3 * i - 1], answer[3 * i], answer[3 * i + 1] = 0, 29, 1
    end
    return answer'
# shellcheck disable=SC2034 # by name, in calls_run
window_calls='local answer, now = { 0 }, redis.call("TIME")
    for i, key in ipairs(KEYS) do
        redis.call("GETRANGE", key, "0", "255")
        redis.call("SET", key, ARGV[i], "KEEPTTL")
        answer[3 * i - 1], answer[3 * i], answer[3 * i + 1] = 0, 29, 1
    end
    return answer'

# calls_run BATCH SCRIPT: appends what Redis takes for the calls alone, like service_run.
calls_run() {
    local before after sha keys=() values=() calls=40000 number value=1
    # A log with three pairs takes as many bytes.
    [ "$2" = bucket_calls ] || value=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    for number in $(seq "$1"); do
        keys+=("$2:__rand_int__")
        values+=("$value")
    done
    redis_do "$work/redis.sock" FLUSHALL SYNC >/dev/null
    sha=$(redis_do "$work/redis.sock" SCRIPT LOAD "${!2}")
    before=$(cpu_ns "$redis_pid")
    redis-benchmark -s "$work/redis.sock" -c 2 -r 100000 -n $calls -q EVALSHA "$sha" "$1" "${keys[@]}" "${values[@]}" \
        >"$work/redis-benchmark.log" 2>&1 || fail 'redis-benchmark failed' "$work/redis-benchmark.log"
    after=$(cpu_ns "$redis_pid")
    printf '%s-%s\t%s\t%s\n' "$2" "$1" "$1" "$(per_request "$before" "$after" $calls)" >>"$runs"
    progress "$(tail -n 1 "$runs")"
}

service() {
    local runs="$work/service.runs" round size algorithm script
    [ -x "$store_bench" ] || fail "$store_bench is missing: swift build -c release"
    start_redis redis
    for round in $(seq "$rounds"); do
        for algorithm in token_bucket sliding_window; do
            for size in 1 4 16 64; do service_run "$size" "$algorithm"; done
        done
        for script in bucket_calls window_calls; do
            for size in 1 4 16 64; do calls_run "$size" "$script"; done
        done
    done
    stop "$redis_pid"

    heading "CPU time of Redis per batch in µs, medians of $rounds interleaved runs, 100,000 keys"
    printf '%-18s %10s %10s %10s %10s   %s\n' 'decisions/batch' 1 4 16 64 'straight line'
    for algorithm in token_bucket bucket_calls sliding_window window_calls; do
        printf '%-18s' "$algorithm"
        for size in 1 4 16 64; do printf ' %10.1f' "$(median "$runs" "$algorithm-$size" 3)"; done
        # Least squares through the medians.
        for size in 1 4 16 64; do echo "$size $(median "$runs" "$algorithm-$size" 3)"; done | awk '
            { n++; x += $1; y += $2; xx += $1 * $1; xy += $1 * $2 }
            END {
                each = (n * xy - x * y) / (n * xx - x * x)
                printf "   %.1f per batch and %.2f per decision: at most %.0f decisions per second one by one, %.0f in batches of 32\n",
                    (y - each * x) / n, each, 1e6 / ((y - each * x) / n + each), 1e6 / ((y - each * x) / n / 32 + each)
            }'
    done
}
