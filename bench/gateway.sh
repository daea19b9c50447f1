# Throughput and CPU cost of each contender through nginx. Sourced by run.

# one_run CONTENDER: starts the contender with an empty store, measures it once, and stops it.
one_run() {
    local fresh="$memory/gateway.$runs_made" responder_pid='' used_redis=$redis_pid
    redis_do "$work/redis.sock" FLUSHALL SYNC >/dev/null
    # Only contenders that use Redis are charged for its CPU time.
    local redis_pid=''
    redis_do "$work/redis.sock" CONFIG RESETSTAT >/dev/null
    case $1 in
        bare)
            start_bare
            measure "$runs" "$1" bare ;;
        limit_req)
            measure "$runs" "$1" limit_req ;;
        lua)
            redis_pid=$used_redis
            measure "$runs" "$1" lua ;;
        embedded | redis | tcp | tls)
            start_store "$1"
            measure "$runs" "$1" limiter ;;
        recorded)
            start_store embedded --postgres "$postgres" --spool "$work/spool"
            measure "$runs" "$1" limiter ;;
        loop)
            # Rules that match no request, so that only the event loop is measured.
            printf '%s\n' 'policies: { none: { limit: 1 per day } }' \
                'rules: [{ match: { path: /nothing }, policies: [none] }]' >"$work/nothing.yaml"
            start_store embedded --rules "$work/nothing.yaml"
            measure "$runs" "$1" limiter ;;
        cluster)
            start_cluster
            start_limiter "$cluster"
            measure "$runs" "$1" limiter
            # shellcheck disable=SC2086 # a list of words
            for pid in $redis_pid; do stop "$pid"; done
            redis_pid='' ;;
        redis-99-denied)
            start_store redis
            more_headers=(-H 'X-Bench-Mix: mix')
            measure "$runs" "$1" limiter
            more_headers=() ;;
        guard)
            start_store embedded
            measure "$runs" "$1" guard ;;
        reported)
            # Every request is charged, reported at its end, and refunded.
            sed 's/limit: 30 per minute,/& count_if: { status: 401 },/' "$bench/limits.yaml" >"$work/reported.yaml"
            start_store embedded --rules "$work/reported.yaml"
            measure "$runs" "$1" reported ;;
        embedded-denied | redis-denied)
            start_store "${1%-denied}"
            measure "$runs" "$1" limiter "exhausted-$runs_made" ;;
        *) fail "$1 is not a contender" ;;
    esac
    if [ -n "$redis_pid" ]; then
        keys_of[$1]=$(redis_do "$work/redis.sock" DBSIZE)
        calls_of[$1]=$(calls_a_hundred)
    fi
    stop "$responder_pid"
    rm -rf "$fresh"
}

# calls_a_hundred: prints the EVALSHA calls per 100 requests of the last run, its 4,000 warm-up requests included.
calls_a_hundred() {
    awk -v requests="$(awk '/requests in/ { print $1 }' "$work/wrk.log")" -F '[=,]' '
        /^cmdstat_evalsha:/ { calls = $2 }
        END { printf "%.1f\n", calls * 100 / (requests + 4000) }' <(redis_do "$work/redis.sock" INFO commandstats)
}

# start_store KIND [FLAG...]: starts the limiter for one_run.
start_store() {
    local kind=$1
    shift
    case $kind in
        embedded) start_limiter "embedded:$fresh" "$@" ;;
        *)
            local -A addresses=([redis]="redis+unix:$work/redis.sock" [tcp]=$redis_tcp [tls]=$redis_tls)
            redis_pid=$used_redis
            start_limiter "${addresses[$kind]}" "$@" ;;
    esac
}

# recorded_decisions: prints the number of requests in PostgreSQL.
recorded_decisions() {
    psql -XAt "$postgres" -c 'select coalesce(sum(requests), 0) from limiter.decisions_1h' 2>"$work/psql.log" ||
        fail 'psql failed' "$work/psql.log"
}

gateway() {
    local runs="$work/gateway.runs" round contender recorded=0
    local -A keys_of=() calls_of=()
    start_redis_ports redis
    start_nginx
    case " $contenders " in *' recorded '*) start_postgres ;; esac
    for round in $(seq "$rounds"); do
        for contender in $contenders; do one_run "$contender"; done
    done
    stop "$nginx_pid"
    stop "$redis_pid"
    case " $contenders " in *' recorded '*) recorded=$(recorded_decisions) ;; esac

    heading "Through nginx: one worker, wrk -t1 -c64, $duration s per run, medians of $rounds interleaved runs; CPU in µs per request; ratio to bare"
    # shellcheck disable=SC2086 # a list of words
    gateway_table "$runs" bare $contenders
    echo "Keys in Redis after the last run, including some hundreds of the warm-up: lua ${keys_of[lua]:--}, redis ${keys_of[redis]:--}."
    echo "EVALSHA calls per 100 requests: redis ${calls_of[redis]:--}, redis-denied ${calls_of[redis-denied]:--}," \
        "redis-99-denied ${calls_of[redis-99-denied]:--}."
    echo "Requests counted in PostgreSQL: $recorded, including the warm-ups."
    echo
    rate() { median "$runs" "$1" 2; }
    sums() { median "$runs" "$1" 8; }
    goal 'embedded / bare, requests/s' "$(quotient "$(rate embedded)" "$(rate bare)")" at_least 1.7
    goal 'redis / bare, requests/s' "$(quotient "$(rate redis)" "$(rate bare)")" at_least 1.15
    goal 'redis / lua, CPU per request of all processes' "$(quotient "$(sums redis)" "$(sums lua)")" at_most 0.75
    goal 'tls / tcp, requests/s' "$(quotient "$(rate tls)" "$(rate tcp)")" at_least 0.85
    goal 'recorded / embedded, requests/s' "$(quotient "$(rate recorded)" "$(rate embedded)")" at_least 0.95
    goal 'guard / limit_req, the same static file, requests/s' "$(quotient "$(rate guard)" "$(rate limit_req)")" at_least 0.5
    goal 'reported / guard, the same file under a policy with count_if, requests/s' \
        "$(quotient "$(rate reported)" "$(rate guard)")" at_least 0.8
    goal 'embedded denied / allowed, requests/s' "$(quotient "$(rate embedded-denied)" "$(rate embedded)")" at_least 1.0
    goal 'redis denied / allowed, requests/s' "$(quotient "$(rate redis-denied)" "$(rate redis)")" at_least 1.0
    goal 'redis denied / loop, requests/s' "$(quotient "$(rate redis-denied)" "$(rate loop)")" at_least 0.9
}
