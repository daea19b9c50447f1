# Memory that clients take in the stores. Sourced by run.

bytes_of() { redis_do "$work/redis.sock" MEMORY USAGE "$1" SAMPLES 0; }

# entries_of KEY LEAST: prints the number of admissions in a window. Fails if they are fewer than LEAST.
entries_of() {
    local pairs
    pairs=$(redis_do "$work/redis.sock" EVAL "
        local gone, older = struct.unpack('>I2I2', redis.call('GETRANGE', KEYS[1], 0, 3))
        return older - gone + 1" 1 "$1")
    [ "$pairs" -ge "$2" ] || fail "$1 holds $pairs admissions instead of $2"
    echo "$pairs"
}

# fill_day KEY: charges a window of 1,000,000 per day through charge.lua at times spread over the whole day. Afterwards it holds as
# many entries as such a window can.
fill_day() {
    local sha now
    sha=$(redis_do "$work/redis.sock" SCRIPT LOAD "$(cat Sources/Stores/Redis/Scripts/{log,charge}.lua)")
    now=$(date +%s)
    awk -v sha="$sha" -v key="$1" -v now="$now" 'BEGIN {
        day = 86400000000
        for (i = 0; i < 4000; i++)
            printf "EVALSHA %s 1 %s \"w 1000000 %.0f 250 e-\" %.0f\n", sha, key, day, now * 1000000 + i * day / 4000
    }' | redis-cli -s "$work/redis.sock" >"$work/fill.log"
    # Replies are integers. Anything else is an error.
    if grep -m 1 -v '^-*[0-9][0-9]*$' "$work/fill.log" >"$work/fill.error"; then
        fail 'charge.lua did not charge' "$work/fill.error"
    fi
}

# fill_clients STORE KEYS ALGORITHM ADMISSIONS: adds clients that have used up a quota of ADMISSIONS per hour.
fill_clients() {
    "$store_bench" fill --store "$1" --keys "$2" --admissions "$4" --limit "$4" --window-seconds 3600 --algorithm "$3" \
        >"$work/StoreBench.log" 2>&1 || fail "StoreBench fill failed on $1" "$work/StoreBench.log"
}

redis_memory() { redis_do "$work/redis.sock" INFO memory | sed -n 's/^used_memory:\([0-9]*\).*/\1/p'; }

# Prints the allocated bytes, because the file is sparse.
embedded_memory() { du -s -B 1 "$memory/clients" | cut -f 1; }

# clients_line TEXT CLIENTS ALGORITHM ADMISSIONS: prints the bytes that each of CLIENTS further clients takes in either store. What
# was there before or is allocated ahead does not count.
clients_line() {
    local before redis embedded
    progress "filling: $1"
    redis_do "$work/redis.sock" FLUSHALL SYNC >/dev/null
    fill_clients "redis+unix:$work/redis.sock" "$2" "$3" "$4"
    before=$(redis_memory)
    fill_clients "redis+unix:$work/redis.sock" $((2 * $2)) "$3" "$4"
    redis=$((($(redis_memory) - before) / $2))
    fill_clients "embedded:$memory/clients" "$2" "$3" "$4"
    before=$(embedded_memory)
    fill_clients "embedded:$memory/clients" $((2 * $2)) "$3" "$4"
    embedded=$((($(embedded_memory) - before) / $2))
    rm -rf "$memory/clients"
    progress ''
    printf '%-66s %10d %10d\n' "$1" "$redis" "$embedded"
}

# clients: prints the memory of ordinary clients. Bytes per client are megabytes per million clients.
clients() {
    heading 'Memory per client with one policy, bytes'
    printf '%-66s %10s %10s\n' '' Redis embedded
    clients_line 'token bucket, whatever its limit' 131072 token_bucket 1
    clients_line 'sliding window, 1 admission in it' 131072 sliding_window 1
    clients_line 'sliding window, 10 admissions in it' 65536 sliding_window 10
    clients_line 'sliding window, 100 admissions in it' 16384 sliding_window 100
}

memory() {
    local key ours sorted day day_pairs
    [ -x "$store_bench" ] || fail "$store_bench is missing: swift build -c release"
    start_redis redis
    key=$("$store_bench" fill --store "redis+unix:$work/redis.sock" --keys 1 --admissions 300 --limit 300 \
        --window-seconds 3600 --algorithm sliding_window 2>"$work/StoreBench.log" |
        sed -n 's/^filled .* keys, first //p') || fail 'StoreBench fill failed' "$work/StoreBench.log"
    [ -n "$key" ] || fail 'StoreBench fill printed no key' "$work/StoreBench.log"
    entries_of "$key" 300 >/dev/null
    ours=$(bytes_of "$key")

    # The usual implementation: the time is the score and, with a number that makes it unique, the member.
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

    heading 'Memory of one sliding window in Redis, bytes (MEMORY USAGE)'
    printf '%-66s %10d\n' '300 admissions, ours' "$ours" '300 admissions, sorted set of unique members' "$sorted" \
        "1,000,000 a day, full: $day_pairs entries" "$day"
    echo
    goal 'ours / sorted set, 300 admissions' "$(quotient "$ours" "$sorted")" at_most 0.125
    clients
    stop "$redis_pid"
}
