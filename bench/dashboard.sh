# Response times of the dashboard's pages over 90 days of counts. Sourced by run.
#
#     DAYS=90 ROWS=10000000   size of the database; filling it takes some minutes
#     RANGES='1h 24h 7d 90d'  the ranges
#     DASHBOARD=…             another program than the one in .build/release

# dashboard_conf PORT: prints the configuration of an nginx in front of the dashboard.
dashboard_conf() {
    cat <<END
daemon off;
pid $work/dashboard-nginx.pid;
error_log stderr warn;
worker_processes 1;
events {}
http {
    access_log off;
    client_body_temp_path $work/client_body;
    proxy_temp_path $work/proxy;
    fastcgi_temp_path $work/fastcgi;
    uwsgi_temp_path $work/uwsgi;
    scgi_temp_path $work/scgi;
    upstream fcgi_limiter_dashboard { server unix:$work/dashboard.sock; keepalive 4; }
    server {
        listen 127.0.0.1:$1;
        location / { include $PWD/nginx/dashboard.conf; }
    }
}
END
}

# percentile TARGET: prints the 95th percentile of 20 consecutive requests after 2 to warm up, in whole milliseconds.
percentile() {
    curl -s -o /dev/null -o /dev/null "http://127.0.0.1:$port/$1" "http://127.0.0.1:$port/$1"
    ab -q -k -n 20 "http://127.0.0.1:$port/$1" >"$work/ab.log" 2>&1 || fail "ab failed on $1" "$work/ab.log"
    ! grep -q 'Non-2xx' "$work/ab.log" || fail "the dashboard did not answer $1 with 200" "$work/dashboard.log"
    awk '$1 == "95%" { print $2 }' "$work/ab.log"
}

# dashboard: prints the 95th percentile in milliseconds of every page and file for every range.
dashboard() {
    local program=${DASHBOARD:-.build/release/fcgi-limiter-dashboard} page range line as=()
    local ranges=${RANGES:-1h 24h 7d 90d} client='api_key%3Dclient-0001'
    [ -x "$program" ] || fail "$program is missing: swift build -c release"
    command -v psql >/dev/null || fail 'psql is missing: apt-get install postgresql-client'
    progress 'filling the database'
    start_postgres
    psql "$postgres" -X -q -v "days=${DAYS:-90}" -v "rows=${ROWS:-10000000}" -f "$bench/dashboard.sql" \
        >"$work/rows" 2>"$work/psql.log" || fail 'the database could not be filled' "$work/psql.log"
    start dashboard "$program" --listen "unix:$work/dashboard.sock" --socket-mode 0666 --postgres "$postgres" \
        --store "embedded:$memory/none" --log-level warning
    await dashboard test -S "$work/dashboard.sock"
    port=$((20000 + RANDOM % 12000))
    dashboard_conf "$port" >"$work/dashboard-nginx.conf"
    [ "$(id -u)" -ne 0 ] || as=(-g 'user root;')
    start dashboard-nginx nginx -p "$work" -e stderr -c "$work/dashboard-nginx.conf" "${as[@]}"
    await dashboard-nginx curl -s -o /dev/null "http://127.0.0.1:$port/health"

    progress ''
    echo
    cat "$work/rows"
    echo "p95 in milliseconds over a range of"
    # shellcheck disable=SC2086 # one word per range
    printf '%-40s%s\n' '' "$(printf '%6s' $ranges)"
    for page in '' '?endpoint=/api/data' "?client=$client" clients 'clients?endpoint=/api/data' "client?client=$client" \
        top 'top?by=network&order=blocked' 'top?by=policy' top.csv \
        events "events?client=$client" 'events?where=path%3D/api/7' 'events?group=on' effectiveness health audit \
        totals.json timeline.json strategies.json endpoints.csv policies.csv clients.csv effectiveness.json near.json victims.json \
        annotations.json hours.json events.json processes.json audit.csv; do
        line=
        for range in $ranges; do
            progress "${page:-overview}, $range"
            case $page in *\?*) line+=$(printf '%6s' "$(percentile "$page&range=$range")") ;;
                *) line+=$(printf '%6s' "$(percentile "$page?range=$range")") ;;
            esac
        done
        progress ''
        printf '%-40s%s\n' "/$page" "$line"
    done
}
