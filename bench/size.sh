# Does a request take longer when the store holds many keys? Sourced by run.
#
# A filled store holds N keys at rest; the requests bring 10,000 keys of their own, the same for both sizes.

# fill STORE KEYS: one admission a key, kept for a day.
fill() {
    "$store_bench" fill --store "$1" --keys "$2" --admissions 1 --limit 30 --window-seconds 86400 \
        --algorithm sliding_window >"$work/store-bench.log" 2>&1 || fail "store-bench fill failed on $1" "$work/store-bench.log"
}

# size_run KIND KEYS
size_run() {
    local responder_pid='' redis_pid='' fresh="$memory/size.$runs_made"
    case $1 in
        embedded)
            # A copy each run, so that no run finds the keys of another.
            cp -R --sparse=always "$memory/filled.$2" "$fresh"
            start_limiter "embedded:$fresh" ;;
        redis)
            # Here the keys of other runs expire within a minute, and each run has its own.
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
    [ -x "$store_bench" ] || fail "there is no $store_bench: swift build -c release"
    # nginx wants one for its Lua contender, which is not asked here.
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

    heading "Size of the store: through nginx as above, keys at rest in the store, medians of $rounds interleaved runs"
    for kind in embedded redis; do gateway_table "$runs" "$kind-1000" "$kind-1000" "$kind-1000000"; done
    echo
    # Time a request is the reciprocal of requests a second.
    for kind in embedded redis; do
        goal "$kind, 1,000,000 / 1,000 keys, time a request" \
            "$(quotient "$(median "$runs" "$kind-1000" 2)" "$(median "$runs" "$kind-1000000" 2)")" at_most 1.1
    done
}
