# Time per request when the store holds few or many keys. Sourced by run.
#
# The store holds N keys at rest. The requests use 10,000 other keys, the same for both sizes.

# fill STORE KEYS: adds keys with one admission each, kept for a day.
fill() {
    "$store_bench" fill --store "$1" --keys "$2" --admissions 1 --limit 30 --window-seconds 86400 \
        --algorithm sliding_window >"$work/StoreBench.log" 2>&1 || fail "StoreBench fill failed on $1" "$work/StoreBench.log"
}

# size_run KIND KEYS: measures one run.
size_run() {
    local responder_pid='' redis_pid='' fresh="$memory/size.$runs_made"
    case $1 in
        embedded)
            # Every run gets a copy, so that no run finds the keys of another.
            cp -R --sparse=always "$memory/filled.$2" "$fresh"
            start_limiter "embedded:$fresh" ;;
        redis)
            # The keys of other runs expire within a minute, and every run has keys of its own.
            redis_pid=${redis_of[$2]}
            start_limiter "redis+unix:$work/redis-$2.sock" ;;
    esac
    measure "$runs" "$1-$2" limiter
    stop "$responder_pid"
    rm -rf "$fresh"
}

size() {
    local runs="$work/size.runs" round kind keys
    local -A redis_of=()
    [ -x "$store_bench" ] || fail "$store_bench is missing: swift build -c release"
    # nginx needs a Redis for its Lua contender, which is not measured here.
    start_redis redis
    start_nginx
    for keys in 1000 1000000; do
        progress "filling $keys"
        fill "embedded:$memory/filled.$keys" "$keys"
        start_redis "redis-$keys"
        redis_of[$keys]=$redis_pid
        fill "redis+unix:$work/redis-$keys.sock" "$keys"
    done
    for round in $(seq "$rounds"); do
        for kind in embedded redis; do
            for keys in 1000 1000000; do size_run "$kind" "$keys"; done
        done
    done
    stop_all

    heading "Size of the store: through nginx as above, by keys at rest in the store, medians of $rounds interleaved runs"
    for kind in embedded redis; do gateway_table "$runs" "$kind-1000" "$kind-1000" "$kind-1000000"; done
    echo
    # Time per request is the reciprocal of requests per second.
    for kind in embedded redis; do
        goal "$kind, 1,000,000 / 1,000 keys, time per request" \
            "$(quotient "$(median "$runs" "$kind-1000" 2)" "$(median "$runs" "$kind-1000000" 2)")" at_most 1.1
    done
}
