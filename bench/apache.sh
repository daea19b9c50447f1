# Throughput of a small file behind Apache, unguarded and guarded. Sourced by run.

# apache_host NAME LINES: prints a site that answers a file.
apache_host() {
    printf '%s\n' "<VirtualHost *:$port>" "ServerName $1" '<Location "/">' 'Require all granted' "$2" '</Location>' '</VirtualHost>'
}

# start_apache NAME SITES: starts an Apache in its own folder, with the lines that SITES, a function, prints. Sets web_pid and port.
start_apache() {
    local folder="$work/$1" left=20
    mkdir -p "$folder"/{fcgid,site}
    # Apache drops root.
    chmod 711 "$work" "$memory"
    chmod 777 "$folder/fcgid"
    printf '{"query":"x","results":[],"total":0}\n' >"$folder/site/answer.json"
    while :; do
        port=$((20000 + RANDOM % 12000))
        {
            # The number of processes must not change while they are measured.
            printf '%s\n' "Define folder $folder" "Define port $port" "Include $bench/../apache/private.conf" \
                'ServerLimit 2' 'StartServers 2' 'ThreadsPerChild 32' 'MaxRequestWorkers 64' 'MaxKeepAliveRequests 0' \
                "DocumentRoot $folder/site"
            "$2"
        } >"$folder/httpd.conf"
        start "$1" apache2 -DFOREGROUND -f "$folder/httpd.conf"
        web_pid=$pid
        if wait_for_apache; then return; fi
        left=$((left - 1))
        if [ $left -lt 0 ] || ! grep -q 'Address already in use' "$work/$1.log"; then
            fail 'Apache does not start' "$work/$1.log"
        fi
    done
}

# limited_sites: prints a site for each contender but mod_evasive.
limited_sites() {
    # mod_qos counts in 16 bits.
    printf '%s\n' "Define FCGI_LIMITER $work/apache/fcgi-limiter" "Define FCGI_LIMITER_SOCKET $work/limiter.sock" \
        "FcgidInitialEnv FCGI_LIMITER_STORE embedded:$memory/apache-store/store" \
        "FcgidInitialEnv FCGI_LIMITER_RULES $work/apache/limits.yaml" \
        'LoadFile /usr/lib/x86_64-linux-gnu/libpcre.so.3' 'LoadModule qos_module /usr/lib/apache2/modules/mod_qos.so' \
        'QS_ClientEntries 10000' 'QS_ClientEventLimitCount 30000 1 QS_Limit'
    apache_host unguarded ''
    apache_host mod_qos 'SetEnvIf Request_URI . QS_Limit=yes'
    apache_host guard "Include $bench/../apache/guard.conf"
    apache_host guard-daemon "Include $bench/../apache/guard-daemon.conf"
    apache_host responder "Include $bench/../apache/responder.conf"
}

# evasive_site: prints a site with mod_evasive, whose settings are those of the whole server.
evasive_site() {
    printf '%s\n' 'LoadModule evasive20_module /usr/lib/apache2/modules/mod_evasive20.so' 'DOSHashTableSize 3097' \
        'DOSPageCount 1000000' 'DOSPageInterval 1' 'DOSSiteCount 1000000' 'DOSSiteInterval 1' 'DOSBlockingPeriod 1'
    apache_host mod_evasive ''
}

wait_for_apache() {
    local left=500
    until curl -s -o /dev/null "http://127.0.0.1:$port/answer.json"; do
        if ! running "$web_pid" || [ $left -le 0 ]; then return 1; fi
        left=$((left - 1))
        sleep 0.02
    done
}

# apache_pids KIND: prints the limiters that Apache has started, or its other processes.
apache_pids() {
    local child
    for child in $(pgrep -P "$web_pid") $(pgrep -P "$(pgrep -d , -P "$web_pid")"); do
        case $1-$(readlink "/proc/$child/exe") in
            limiters-*/fcgi-limiter) echo "$child" ;;
            limiters-* | servers-*/fcgi-limiter) ;;
            *) echo "$child" ;;
        esac
    done
}

apache() {
    local runs="$work/apache.runs" round contender worker_pid nginx_pid redis_pid='' port web_pid responder_pid daemon_pid
    local path web_log contenders='unguarded mod_qos mod_evasive guard guard-daemon responder'
    local limited_pid limited_port evasive_pid evasive_port
    command -v apache2 >/dev/null || fail 'apache2 is missing: apt-get install apache2'
    for pair in mod_fcgid:libapache2-mod-fcgid mod_qos:libapache2-mod-qos mod_evasive20:libapache2-mod-evasive; do
        [ -e "/usr/lib/apache2/modules/${pair%%:*}.so" ] || fail "${pair%%:*} is missing: apt-get install ${pair#*:}"
    done
    mkdir -p "$work/apache" "$memory/apache-store"
    chmod 777 "$memory/apache-store"
    cp "$limiter" "$work/apache/fcgi-limiter"
    printf '%s\n' 'policies: { large: { limit: 50000000 per minute } }' \
        'rules: [{ match: { path: /** }, count: api_key or address, policies: [large] }]' >"$work/apache/limits.yaml"
    start_limiter "embedded:$memory/daemon-store" --rules "$work/apache/limits.yaml" --socket-mode 0666
    daemon_pid=$responder_pid
    start_apache apache limited_sites
    limited_pid=$web_pid limited_port=$port
    start_apache evasive evasive_site
    evasive_pid=$web_pid evasive_port=$port
    for round in $(seq "$rounds"); do
        for contender in $contenders; do
            path=/answer.json web_pid=$limited_pid port=$limited_port web_log="$work/apache.log"
            case $contender in
                mod_evasive) web_pid=$evasive_pid port=$evasive_port web_log="$work/evasive.log" ;;
                responder) path='/api/search?q=x' ;;
            esac
            # mod_fcgid starts as many limiters as the load needs.
            wrk -t1 -c64 -d1s -H "Host: $contender" "http://127.0.0.1:$port$path" >"$work/wrk.log"
            nginx_pid=$web_pid worker_pid=$(apache_pids servers)
            responder_pid="$daemon_pid $(apache_pids limiters)"
            measure "$runs" "$contender" "$contender"
        done
    done
    stop "$daemon_pid"
    stop "$limited_pid"
    stop "$evasive_pid"
    responder_pid=''
    heading "Behind Apache: event MPM, wrk -t1 -c64, $duration s per run, medians of $rounds interleaved runs; CPU in µs per request; ratio to unguarded"
    # shellcheck disable=SC2086 # a list of words
    web_server=Apache gateway_table "$runs" unguarded $contenders
    goal 'guard / unguarded, requests/s' "$(quotient "$(median "$runs" guard 2)" "$(median "$runs" unguarded 2)")" at_least 0.3
    goal 'guard-daemon / unguarded, requests/s' \
        "$(quotient "$(median "$runs" guard-daemon 2)" "$(median "$runs" unguarded 2)")" at_least 0.4
}
