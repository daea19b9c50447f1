# What an overloaded machine admits. Two limiters with default settings share a Redis, and 900 connections send the requests of 10,000
# clients. Four sliding windows count each request, and eight processes compete for the CPU. Sourced by run.
#
#     TRIES=10        tries with the busy processes, and one without them
#
# Half of the requests come from 20 clients, which want far more than their limit of 100.

overload_limit=100

# overload_conf PORT: prints the nginx.conf in front of both limiters, which logs each request's client and status.
overload_conf() {
    cat <<CONF
$([ "$(id -u)" != 0 ] || echo 'user root;')
worker_processes 1;
worker_rlimit_nofile 8192;
daemon off;
pid $work/nginx.pid;
events { worker_connections 4096; }
http {
    log_format clients '\$http_x_api_key \$status';
    access_log $work/clients.log clients buffer=64k;
    keepalive_requests 1000000000;
    fastcgi_temp_path $work/fastcgi;
    client_body_temp_path $work/client_body;
    proxy_temp_path $work/proxy;
    uwsgi_temp_path $work/uwsgi;
    scgi_temp_path $work/scgi;
    upstream fcgi_limiter {
        server unix:$work/first.sock;
        server unix:$work/second.sock;
        keepalive 256;
    }
    server {
        listen 127.0.0.1:$1 backlog=4096;
        location / { include $(dirname "$bench")/nginx/responder.conf; }
    }
}
CONF
}

# overload_try NAME BUSY: runs the load beside BUSY busy processes, and prints a row.
overload_try() {
    local name=$1 busy=$2 pids=() limiters=() number socket
    redis_do "$work/redis.sock" FLUSHALL SYNC >/dev/null
    rm -rf "$memory/local" "$work"/first.sock "$work"/second.sock
    for socket in first second; do
        start "$socket" "$limiter" serve --listen "unix:$work/$socket.sock" --store "redis+unix:$work/redis.sock" --loops 1 \
            --local-store "embedded:$memory/local" --rules "$work/overload.yaml" --log-level notice
        limiters+=("$pid")
        await "$socket" test -S "$work/$socket.sock"
    done
    launch_nginx localhost overload_conf
    : >"$work/clients.log"
    kill -USR1 "$nginx_pid"
    for number in $(seq "$busy"); do
        start "busy-$number" bash -c 'while :; do :; done'
        pids+=("$pid")
    done
    wrk -t1 -c900 "-d${overload_seconds}s" --timeout 20s -s "$work/overload.lua" "http://127.0.0.1:$port/api/data" >"$work/wrk.log" 2>&1 ||
        fail 'wrk failed' "$work/wrk.log"
    for number in "${pids[@]}"; do stop "$number"; done
    for number in "$nginx_pid" "${limiters[@]}"; do stop "$number"; done
    awk -v name="$name" -v limit="$overload_limit" -v opened="$(cat "$work/first.log" "$work/second.log" | grep -c 'until it answers' || true)" '
        # The requests that wait for nginx have no key.
        $1 == "-" { next }
        { requests++ }
        $2 == 200 { admitted[$1]++ }
        # 499: the load generator closes its connections at the end.
        $2 != 200 && $2 != 429 && $2 != 499 { other++ }
        /^hot/ { hot[$1] }
        END {
            least = 1e9
            for (client in admitted) if (admitted[client] > most) most = admitted[client]
            for (client in hot) if (admitted[client] + 0 < least) least = admitted[client] + 0
            printf "%-22s %10d %14d %14d %12.2f %10d %8d\n", name, requests, least, most, most / limit, other, opened
        }' "$work/clients.log"
    rm -f "$work/clients.log" "$work/first.log" "$work/second.log"
}

overload() {
    local try window
    overload_seconds=$((duration < 10 ? 10 : duration))
    {
        echo 'policies:'
        for window in 2 3 4 5; do echo "  window-$window: { limit: $overload_limit per $window minutes, algorithm: sliding_window }"; done
        printf 'rules:\n  - { count: api_key, policies: [window-2, window-3, window-4, window-5] }\n'
    } >"$work/overload.yaml"
    cat >"$work/overload.lua" <<'LUA'
local requests = {}
init = function()
  local function add(key) requests[#requests + 1] = wrk.format(nil, nil, { ["X-API-Key"] = key }) end
  for client = 1, 20 do add('hot' .. client) end
  for client = 21, 10000 do add('client' .. client) end
end
request = function() return requests[math.random() < 0.5 and math.random(20) or math.random(10000)] end
LUA
    start_redis redis
    heading "admitted under overload: 2 limiters, 900 connections, 10,000 clients with a limit of $overload_limit, 4 windows per request"
    printf '%-22s %10s %14s %14s %12s %10s %8s\n' '' requests 'least, busiest' 'most admitted' 'most/limit' 'other' 'breaker'
    overload_try 'no busy process' 0
    for try in $(seq "${TRIES:-10}"); do overload_try "8 busy, try $try" 8; done
    stop "$redis_pid"
}
