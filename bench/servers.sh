# The private servers of a benchmark. Their files are in $work. Sourced by run.
#
# Each start function sets a variable to the process id: nginx_pid (and worker_pid), redis_pid, responder_pid.

# start NAME COMMAND...: runs COMMAND in the background with its output in $work/NAME.log, and sets `pid`.
start() {
    local name=$1
    shift
    "$@" >>"$work/$name.log" 2>&1 </dev/null &
    pid=$!
}

# running PID: whether PID is a living child of this shell. By now another process could have the number of a dead child.
running() { [[ $'\n'$(jobs -rp)$'\n' == *$'\n'"$1"$'\n'* ]]; }

# stop PID: ends a server and waits for it; kills it if it ignores SIGTERM for 5 s.
stop() {
    local left=250
    [ -n "${1:-}" ] && running "$1" || return 0
    kill -TERM "$1"
    while running "$1" && [ $left -gt 0 ]; do
        sleep 0.02
        left=$((left - 1))
    done
    if running "$1"; then kill -KILL "$1"; fi
    wait "$1" 2>/dev/null || true
}

stop_all() {
    local pid
    for pid in $(jobs -rp); do stop "$pid"; done
}

# fail MESSAGE [LOG]: ends the benchmark with a message and the end of a log.
fail() {
    local tail=
    [ -z "${2:-}" ] || tail=": $(tail -n 3 "$2" 2>/dev/null | tr '\n' ' ' | cut -c1-400)"
    echo "bench: $1$tail" >&2
    exit 1
}

# await NAME COMMAND...: waits up to 10 s until COMMAND succeeds; fails if the server `pid` ends first.
await() {
    local name=$1 left=500
    shift
    until "$@" >/dev/null 2>&1; do
        running "$pid" || fail "$name ended while starting" "$work/$name.log"
        [ $left -gt 0 ] || fail "$name does not answer after 10 s" "$work/$name.log"
        left=$((left - 1))
        sleep 0.02
    done
}

# start_redis NAME [OPTION...]: starts a Redis on the socket $work/NAME.sock, by default without a port, and without writing to disk.
start_redis() {
    local name=$1
    shift
    rm -f "$work/$name.sock"
    start "$name" redis-server --port 0 --unixsocket "$work/$name.sock" --unixsocketperm 700 --dir "$work" \
        --save '' --appendonly no --daemonize no "$@"
    redis_pid=$pid
    await "$name" redis-cli -s "$work/$name.sock" ping
}

# start_redis_ports NAME: like start_redis, but also on loopback ports. Sets `redis_tcp` and `redis_tls` to the addresses for stores.
start_redis_ports() {
    local port=$((20000 + RANDOM % 9000))
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=redis -addext subjectAltName=IP:127.0.0.1 \
        -keyout "$work/redis.key" -out "$work/redis.crt" 2>"$work/openssl.log" || fail 'openssl made no certificate' "$work/openssl.log"
    start_redis "$1" --port $port --bind 127.0.0.1 --tls-port $((port + 1)) --tls-auth-clients no \
        --tls-cert-file "$work/redis.crt" --tls-key-file "$work/redis.key" --tls-ca-cert-file "$work/redis.crt"
    redis_tcp="redis://127.0.0.1:$port"
    redis_tls="rediss://127.0.0.1:$((port + 1))?ca=$work/redis.crt"
}

cluster_is_up() { redis-cli -p "$1" cluster info | grep -q cluster_state:ok; }

# start_cluster: starts three masters on loopback ports. Sets redis_pid to their three ids, and `cluster` to the store's address.
start_cluster() {
    local node base pids=() nodes=()
    base=$((20000 + RANDOM % 9000))
    for node in 1 2 3; do
        rm -f "$work/nodes-$node.conf"
        start "cluster-$node" redis-server --port $((base + node)) --bind 127.0.0.1 --dir "$work" --save '' --appendonly no \
            --cluster-enabled yes --cluster-config-file "nodes-$node.conf" --cluster-port $((base + node + 500))
        pids+=("$pid")
        nodes+=("127.0.0.1:$((base + node))")
        await "cluster-$node" redis-cli -p $((base + node)) ping
    done
    redis-cli --cluster create "${nodes[@]}" --cluster-yes >"$work/cluster.log" 2>&1 ||
        fail 'the cluster could not be created' "$work/cluster.log"
    await cluster-3 cluster_is_up $((base + 3))
    redis_pid="${pids[*]}"
    cluster="redis+cluster://$(IFS=,; echo "${nodes[*]}")"
}

# redis_do SOCKET COMMAND...: prints the reply; an error reply ends the benchmark.
redis_do() {
    local socket=$1
    shift
    redis-cli -e -s "$socket" "$@" || fail "redis-cli $1 failed"
}

start_bare() {
    rm -f "$work/bare.sock"
    start bare "$work/bare_responder" "$work/bare.sock"
    responder_pid=$pid
    await bare test -S "$work/bare.sock"
}

# start_postgres: starts a PostgreSQL, which never runs as root. Sets `postgres` to its connection string.
start_postgres() {
    local programs folder as=()
    programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    [ -x "$programs/initdb" ] || fail 'PostgreSQL is missing: apt-get install postgresql'
    folder="$work/postgres"
    mkdir -p "$folder"
    if [ "$(id -u)" = 0 ]; then
        as=(setpriv --reuid postgres --regid postgres --clear-groups --)
        chmod 711 "$work"
        chown postgres "$folder"
    fi
    "${as[@]}" "$programs/initdb" -D "$folder/data" -U limiter -A trust -E UTF8 --locale=C --no-sync \
        >"$work/initdb.log" 2>&1 || fail 'initdb failed' "$work/initdb.log"
    start postgres "${as[@]}" "$programs/postgres" -D "$folder/data" -c listen_addresses= -c "unix_socket_directories=$folder"
    postgres="host=$folder dbname=postgres user=limiter"
    await postgres "$limiter" migrate --postgres "$postgres"
}

# start_limiter STORE [FLAG...]: starts the limiter with one event loop. It denies requests when the store fails, because a run
# without decisions would look fast.
start_limiter() {
    local store=$1
    shift
    [ -x "$limiter" ] || fail "$limiter is missing: swift build -c release"
    rm -f "$work/limiter.sock"
    FCGI_LIMITER_RULES=bench/limits.yaml start limiter "$limiter" serve --listen "unix:$work/limiter.sock" --store "$store" --loops 1 \
        --on-store-failure deny --log-level warning "$@"
    responder_pid=$pid
    await limiter test -S "$work/limiter.sock"
}

# launch_nginx HOST COMMAND...: starts nginx with the configuration that COMMAND prints for the port that it is given as its last
# argument, waits until the server named HOST answers, and sets nginx_pid and `port`.
launch_nginx() {
    local host=$1 left=20
    shift
    while :; do
        port=$((20000 + RANDOM % 12000))
        "$@" "$port" >"$work/nginx.conf" 2>"$work/nginx.log" || fail "$1 failed" "$work/nginx.log"
        # `nginx -t` binds the port, so it fails if the port is in use.
        if nginx -t -p "$work" -e stderr -c "$work/nginx.conf" >"$work/nginx.log" 2>&1; then break; fi
        left=$((left - 1))
        if [ $left -lt 0 ] || ! grep -q 'Address already in use' "$work/nginx.log"; then
            fail "nginx does not accept its configuration" "$work/nginx.log"
        fi
    done
    start nginx nginx -p "$work" -e "$work/nginx.log" -c "$work/nginx.conf"
    nginx_pid=$pid
    await nginx curl -s -o /dev/null -H "Host: $host" "http://127.0.0.1:$port/"
}

# start_nginx: starts nginx with all contenders, and sets worker_pid too. The Lua contender needs a Redis on $work/redis.sock.
start_nginx() {
    local sha
    # The same size as the bare responder's answer.
    printf '{"query":"x","results":[],"total":0}\n' >"$work/answer.json"
    # The guard's snippet sends the client's key. Here nginx generates the key.
    mkdir -p "$work/fcgi-limiter.d"
    # shellcheck disable=SC2016 # nginx expands it
    echo 'fastcgi_param HTTP_X_API_KEY $key;' >"$work/fcgi-limiter.d/key.conf"
    sha=-
    [ ! -S "$work/redis.sock" ] || sha=$(redis_do "$work/redis.sock" SCRIPT LOAD "$(cat "$bench/lua_limiter_redis.lua")")
    launch_nginx limit_req "$bench/nginx.conf.sh" "$work" "$sha"
    worker_pid=$(pgrep -P "$nginx_pid")
}
