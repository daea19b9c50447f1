# Runs load through nginx and measures its cost. Sourced by run. Needs a running nginx (servers.sh).
#
# shellcheck disable=SC2086 # worker_pid, responder_pid and redis_pid are lists of words
#
# measure appends one line per run to a file of runs, with tabs between the columns:
# 1 contender, 2 requests/s, 3 p50 ms, 4 p99 ms, 5–7 CPU µs per request: nginx, limiter, Redis, 8 their sum,
# 9 percentage of requests without an answer of 2xx, 10 requests, 11 bytes of memory per request
#
# `connections` and `wrk_script` change the load.

runs_made=0
connections=64
wrk_script=()
more_headers=()

# ask HOST KEY [CURL OPTION...]: prints the status of one request. With an empty KEY nginx generates one.
ask() {
    local host=$1 key=$2
    shift 2
    curl -s -o "$work/answer" -w '%{http_code}' -H "Host: $host" -H 'X-Bench-Run: check' "${more_headers[@]}" ${key:+-H "X-API-Key: $key"} \
        "$@" "$url"
}

# expect STATUS CONTENDER HOST KEY: fails unless the contender answers with this status, so that no load runs on a broken one. A
# server that has just started gets two seconds.
expect() {
    local left=100 got log=${web_log:-$work/nginx.log}
    case $3 in limiter | guard) log="$work/limiter.log" ;; esac
    while got=$(ask "$3" "$4" || true); [ "$got" != "$1" ]; do
        [ $left -gt 0 ] ||
            fail "$2 answers $got instead of $1: $(head -c 200 "$work/answer" | tr '\n' ' ')" "$log"
        left=$((left - 1))
        sleep 0.02
    done
}

# measure FILE CONTENDER HOST [KEY]: warms up, runs the load, and appends the run to FILE. All requests carry the KEY, if any, and
# the headers in more_headers. The CPU time of responder_pid and redis_pid is measured if they are set; redis_pid may be a list.
measure() {
    local file=$1 contender=$2 host=$3 key=${4:-} url="http://127.0.0.1:$port${path:-/api/search?q=x}"
    local headers=(-H "Host: $host" "${more_headers[@]}")
    local before_nginx before_responder before_redis after_nginx after_responder after_redis
    local before_memory after_memory requests pid

    runs_made=$((runs_made + 1))
    expect 200 "$contender" "$host" "$key"
    if [ -n "$key" ]; then headers+=(-H "X-API-Key: $key"); fi
    # The warm-up fills connections, pools and caches with keys that the run does not use. It exhausts a KEY.
    ab -q -l -k -n "${warm_requests:-4000}" -c 64 "${headers[@]}" -H 'X-Bench-Run: warm' "$url" >"$work/ab.log" 2>&1 ||
        fail "warming $contender up failed" "$work/ab.log"
    if [ -n "$key" ]; then expect 429 "$contender" "$host" "$key"; fi

    before_memory=$(resident_kb $worker_pid $responder_pid $redis_pid)
    before_nginx=$(cpu_ns $worker_pid)
    before_responder=$(cpu_ns $responder_pid)
    before_redis=$(cpu_ns $redis_pid)
    wrk -t1 "-c$connections" "-d${duration}s" --latency --timeout 10s "${wrk_script[@]}" "${headers[@]}" -H "X-Bench-Run: $runs_made" "$url" >"$work/wrk.log" 2>&1 ||
        fail "wrk failed on $contender" "$work/wrk.log"
    for pid in "$nginx_pid" $responder_pid $redis_pid; do
        [ -d "/proc/$pid" ] || fail "a server of $contender ended under load" "${web_log:-$work/nginx.log}"
    done
    after_nginx=$(cpu_ns $worker_pid)
    after_responder=$(cpu_ns $responder_pid)
    after_redis=$(cpu_ns $redis_pid)
    after_memory=$(resident_kb $worker_pid $responder_pid $redis_pid)

    requests=$(awk '/requests in/ { print $1 }' "$work/wrk.log")
    [ "${requests:-0}" -gt 0 ] || fail "no request of $contender was answered" "$work/wrk.log"
    awk -v contender="$contender" -v requests="$requests" \
        -v nginx="$(per_request "$before_nginx" "$after_nginx" "$requests")" \
        -v responder="$(per_request "$before_responder" "$after_responder" "$requests")" \
        -v redis="$(per_request "$before_redis" "$after_redis" "$requests")" -v grown=$((after_memory - before_memory)) '
        function milliseconds(text) {
            if (text ~ /us$/) return text / 1000
            if (text ~ /ms$/) return text + 0
            return text * 1000
        }
        $1 == "50%" { p50 = milliseconds($2) }
        $1 == "99%" { p99 = milliseconds($2) }
        /Requests\/sec:/ { rate = $2 }
        /Non-2xx/ { other += $NF }
        # A request that timed out or lost its connection has no answer of 2xx either.
        /Socket errors:/ { gsub(",", ""); other += $4 + $6 + $8 + $10 }
        END {
            printf "%s\t%.0f\t%.3f\t%.3f\t%s\t%s\t%s\t%.2f\t%.3f\t%d\t%.0f\n", contender, rate, p50, p99, nginx, responder, redis,
                nginx + responder + redis, 100 * other / requests, requests, grown * 1024 / requests
        }' "$work/wrk.log" >>"$file"
    progress "$(tail -n 1 "$file" | cut -f 1,2)"
}
