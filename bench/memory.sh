# What one sliding window takes in Redis. Sourced by run.

bytes_of() { redis_do "$work/redis.sock" MEMORY USAGE "$1" SAMPLES 0; }

# entries_of KEY LEAST ends the benchmark where a window holds fewer admissions: its size would say nothing.
entries_of() {
    local pairs
    pairs=$((($(redis_do "$work/redis.sock" LLEN "$1") - 1) / 2))
    [ "$pairs" -ge "$2" ] || fail "$1 holds $pairs admissions where $2 were to be measured"
    echo "$pairs"
}

# fill_day KEY charges a window of 1,000,000 a day through charge.lua at times that the script is told, spread over the
# whole day: the most entries that such a window can have.
fill_day() {
    local sha now
    sha=$(redis_do "$work/redis.sock" SCRIPT LOAD "$(cat Sources/Stores/Redis/charge.lua)")
    now=$(date +%s)
    awk -v sha="$sha" -v key="$1" -v now="$now" 'BEGIN {
        day = 86400000000
        for (i = 0; i < 4000; i++)
            printf "EVALSHA %s 1 %s \"w 1000000 %.0f 250 e-\" %.0f\n", sha, key, day, now * 1000000 + i * day / 4000
    }' | redis-cli -s "$work/redis.sock" >"$work/fill.log"
    # Replies are whole numbers; anything else is an error's text.
    if grep -m 1 -v '^-*[0-9][0-9]*$' "$work/fill.log" >"$work/fill.error"; then
        fail 'charge.lua did not charge' "$work/fill.error"
    fi
}

memory() {
    local key ours sorted day day_pairs
    [ -x "$store_bench" ] || fail "there is no $store_bench: swift build -c release"
    start_redis redis
    key=$("$store_bench" fill --store "redis+unix:$work/redis.sock" --keys 1 --admissions 300 --limit 300 \
        --window-seconds 3600 --algorithm sliding_window 2>"$work/store-bench.log" |
        sed -n 's/^filled .* keys, first //p') || fail 'store-bench fill failed' "$work/store-bench.log"
    [ -n "$key" ] || fail 'store-bench fill named no key' "$work/store-bench.log"
    entries_of "$key" 300 >/dev/null
    ours=$(bytes_of "$key")

    # The usual form: the time is score and, made unique by a number, member.
    redis_do "$work/redis.sock" EVAL "
        local time = redis.call('TIME')
        for i = 1, 300 do
            local now = time[1] * 1000000 + time[2] + i * 1000
            redis.call('ZADD', KEYS[1], now, string.format('%.0f-%d', now, i))
        end" 1 sorted-set >/dev/null
    sorted=$(bytes_of sorted-set)

    fill_day day
    day_pairs=$(entries_of day 1000)
    day=$(bytes_of day)
    stop "$redis_pid"

    heading 'Memory of one sliding window in Redis, bytes (MEMORY USAGE)'
    printf '%-66s %10d\n' '300 admissions, ours' "$ours" '300 admissions, sorted set of unique members' "$sorted" \
        "1,000,000 a day, full: $day_pairs entries" "$day"
    echo
    goal 'ours / sorted set, 300 admissions' "$(quotient "$ours" "$sorted")" at_most 0.125
}
