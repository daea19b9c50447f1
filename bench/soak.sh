# Whether memory, descriptors and latency stay flat in mixed traffic with faults. Sourced by run.

# example_nginx PORT: prints nginx/example.conf.
example_nginx() {
    # As root, nginx's workers would otherwise be another user, who may not use the limiter's socket.
    [ "$(id -u)" != 0 ] || echo 'user root;'
    sed -e "s|@folder@/fcgi-limiter.sock|$work/limiter.sock|; s|@folder@|$work|g; s|@port@|$1|g; s|@nginx@|$PWD/nginx|g" nginx/example.conf
}

# reload_rules LIMIT: gives the limiter a new rules file.
reload_rules() {
    sed "s/limit: 30 per minute/limit: $1/" bench/limits.yaml >"$work/soak.yaml"
    kill -HUP "$responder_pid"
}

# open_descriptors PID: prints how many connections of web servers the limiter counts, and how many other descriptors it has open.
open_descriptors() {
    local all connections
    all=$(find "/proc/$1/fd" -type l | wc -l)
    connections=$(curl -s "http://127.0.0.1:$port/metrics?format=prometheus" | awk '$1 == "fcgi_limiter_connections" { print $2 }')
    echo "$connections,$((all - connections))"
}

# broken_peers: sends the limiter 50 requests that end too early, and 50 that are not FastCGI.
broken_peers() {
    python3 - "$work/limiter.sock" Tests/Fuzz/corpus/records/responder <<'PYTHON'
import random, socket, sys
record = open(sys.argv[2], "rb").read()
for number in range(100):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(sys.argv[1])
        peer.send(record[:random.randrange(len(record))] if number % 2 else random.randbytes(100))
PYTHON
}

# strike ROUND: breaks or changes something in some of the rounds, which take about 6 s, and sets `event`.
strike() {
    event=
    case $(($1 % 60)) in
        6 | 18 | 42 | 54) event=reload && reload_rules "$((20 + $1 % 20)) per minute" ;;
        12 | 36) event=invalid && reload_rules never ;;
        24 | 48) event=nginx && kill -HUP "$nginx_pid" ;;
        30) event=down && stop "$redis_pid" ;;
        31) event=up && start_redis redis ;;
    esac
}

# soak: samples for MINUTES, writes docs/soak.csv and docs/soak.svg, and fails if memory or descriptors grow.
soak() {
    local minutes=${MINUTES:-40} results=${RESULTS:-docs} round=0 begin event figures
    start_redis redis
    start_postgres
    cp bench/limits.yaml "$work/soak.yaml"
    start_limiter "redis+unix:$work/redis.sock" --rules "$work/soak.yaml" --loops 2 --on-store-failure local \
        --local-store "embedded:$memory/local" --postgres "$postgres" --spool "$work/spool"
    launch_nginx localhost example_nginx

    heading "Memory, descriptors and latency in $minutes minutes of mixed traffic, with reloads, restarts of Redis and churn of clients"
    echo 'seconds,event,resident_kb,connections,descriptors,requests,p50_ms,p99_ms,wrong,dropped' >"$work/soak.csv"
    begin=$SECONDS
    while [ $((SECONDS - begin)) -lt $((minutes * 60)) ]; do
        strike $round
        # Each of these clients sends one request.
        ab -q -l -n 500 -c 10 -H "X-API-Key: ab-$((round % 1000))" "http://127.0.0.1:$port/api/data" >"$work/ab.log" 2>&1 ||
            fail 'ab failed' "$work/ab.log"
        broken_peers
        # wrk ends with requests under way, so that nginx drops them, too.
        wrk -t1 -c64 -d5s --timeout 10s -s bench/soak.lua "http://127.0.0.1:$port" >"$work/wrk.log" 2>&1 || fail 'wrk failed' "$work/wrk.log"
        figures=$(sed -n 's/^soak //p' "$work/wrk.log")
        running "$responder_pid" || fail 'the limiter ended' "$work/limiter.log"
        echo "$((SECONDS - begin)),$event,$(resident_kb "$responder_pid"),$(open_descriptors "$responder_pid"),$figures" >>"$work/soak.csv"
        progress "$(tail -n 1 "$work/soak.csv")"
        round=$((round + 1))
    done
    cp "$work/soak.csv" "$results/soak.csv"
    python3 bench/soak.py "$results/soak.csv" "$results/soak.svg" || fail 'memory or descriptors grow, or an answer is wrong'
}
