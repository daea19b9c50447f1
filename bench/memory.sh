# What clients take in the stores. Sourced by run.

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
    sha=$(redis_do "$work/redis.sock" SCRIPT LOAD "$(cat Sources/Stores/Redis/Scripts/charge.lua)")
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

# fill_clients STORE KEYS ALGORITHM ADMISSIONS: clients of a quota of as many admissions an hour, all of them used.
fill_clients() {
    "$store_bench" fill --store "$1" --keys "$2" --admissions "$4" --limit "$4" --window-seconds 3600 --algorithm "$3" \
        >"$work/store-bench.log" 2>&1 || fail "store-bench fill failed on $1" "$work/store-bench.log"
}

redis_memory() { redis_do "$work/redis.sock" INFO memory | sed -n 's/^used_memory:\([0-9]*\).*/\1/p'; }

# What is allocated: the file is sparse.
embedded_memory() { du -s -B 1 "$memory/clients" | cut -f 1; }

# clients_line TEXT CLIENTS ALGORITHM ADMISSIONS prints what as many clients more take, each, in either store: what is there
# already and what is allocated ahead is no client's.
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

# clients: the memory of ordinary clients. So many bytes a client are as many MB a million clients.
clients() {
    heading 'Memory of a client with one policy, bytes'
    printf '%-66s %10s %10s\n' '' Redis embedded
    clients_line 'token bucket, whatever its limit' 131072 token_bucket 1
    clients_line 'sliding window, 1 admission in it' 131072 sliding_window 1
    clients_line 'sliding window, 10 admissions in it' 65536 sliding_window 10
    clients_line 'sliding window, 100 admissions in it' 16384 sliding_window 100
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

    heading 'Memory of one sliding window in Redis, bytes (MEMORY USAGE)'
    printf '%-66s %10d\n' '300 admissions, ours' "$ours" '300 admissions, sorted set of unique members' "$sorted" \
        "1,000,000 a day, full: $day_pairs entries" "$day"
    echo
    goal 'ours / sorted set, 300 admissions' "$(quotient "$ours" "$sorted")" at_most 0.125
    clients
    stop "$redis_pid"
}
