# Decisions per second of the stores alone, without a web server. Sourced by run.

# decisions STORE KEYS LOOPS: prints the decisions per second of StoreBench.
decisions() {
    local printed
    printed=$("$store_bench" rate --store "$1" --keys "$2" --loops "$3" --batch 32 --seconds "$duration" --algorithm token_bucket \
        2>"$work/StoreBench.log") || fail "StoreBench rate failed on $1" "$work/StoreBench.log"
    echo "$printed" | awk '$1 == "decisions_per_second" { print $2 }'
}

# one_by_one: prints the rate of one EVALSHA per decision, 16 of them per pipeline.
one_by_one() {
    local sha
    sha=$(redis_do "$work/redis.sock" SCRIPT LOAD "$(cat "$bench/lua_limiter_redis.lua")")
    # Creates the keys first, as StoreBench does, because creating a key takes longer than charging it.
    charge_singly "$sha" 200000 >/dev/null
    charge_singly "$sha" $((duration * 120000))
}

charge_singly() {
    redis-benchmark -s "$work/redis.sock" --csv -P 16 -r 100000 -n "$2" EVALSHA "$1" 1 peer:__rand_int__ 30 60000000 \
        2>"$work/redis-benchmark.log" | awk -F '","' 'END { print $2 }'
}

stores() {
    local runs="$work/stores.runs" round contender rate name
    [ -x "$store_bench" ] || fail "$store_bench is missing: swift build -c release"
    start_redis redis
    for round in $(seq "$rounds"); do
        for contender in embedded redis EVALSHA; do
            redis_do "$work/redis.sock" FLUSHALL SYNC >/dev/null
            case $contender in
                embedded) rate=$(decisions "embedded:$memory/stores.$round" 1000000 1) ;;
                redis) rate=$(decisions "redis+unix:$work/redis.sock" 100000 2) ;;
                EVALSHA) rate=$(one_by_one) ;;
            esac
            [ -n "$rate" ] || fail "$contender printed no rate" "$work/redis-benchmark.log"
            printf '%s\t%s\n' "$contender" "$rate" >>"$runs"
            progress "$contender $rate"
            rm -rf "$memory/stores.$round"
        done
    done
    stop "$redis_pid"

    heading "Stores alone: token bucket decisions per second, medians of $rounds interleaved runs of about $duration s"
    while read -r contender name; do
        printf '%-66s %10.0f\n' "$name" "$(median "$runs" "$contender" 2)"
    done <<NAMES
embedded embedded, 1,000,000 keys, batches of 32
redis Redis, 100,000 keys, two loops, batches of 32 in one EVALSHA
EVALSHA Redis, 100,000 keys, one EVALSHA a decision, pipelined 16 deep
NAMES
    echo
    goal 'Redis, batches / one EVALSHA per decision' \
        "$(quotient "$(median "$runs" redis 2)" "$(median "$runs" EVALSHA 2)")" at_least 1.8
}

# differential: compares the embedded store and Redis with the arithmetic in memory, for OPERATIONS random requests.
differential() {
    [ -x "$store_bench" ] || fail "$store_bench is missing: swift build -c release"
    start_redis redis
    heading "Random requests to memory, the embedded store and Redis"
    "$store_bench" differential --requests "${OPERATIONS:-10000000}" --seed "${SEED:-1000000}" \
        --store "embedded:$memory/differential" --store "redis+unix:$work/redis.sock"
    stop "$redis_pid"
}
