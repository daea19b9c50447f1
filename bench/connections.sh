# What many connections cost, and what the `keepalive` of the upstream has to do with it. Sourced by run.

# connections_runs NUMBER: measures nginx alone with this number of connections, and then the limiter with several values of `keepalive`.
connections_runs() {
    local connections=$1 kept contender
    for contender in unlimited 64 256 1024; do
        kept=$contender
        [ "$contender" != unlimited ] || kept=64
        start_limiter "embedded:$memory/connections.$runs_made" --rules "$work/connections.yaml"
        KEEPALIVE=$kept start_nginx
        case $contender in
            unlimited) measure "$runs" "unlimited-$connections" unlimited ;;
            *) measure "$runs" "keepalive-$kept-$connections" limiter ;;
        esac
        stop "$nginx_pid"
        stop "$responder_pid"
        rm -rf "$memory"/connections.*
    done
}

connections() {
    local runs="$work/connections.runs" round number names=() nginx_pid worker_pid responder_pid redis_pid='' port
    # Many connections make few requests each, and so few different keys.
    printf '%s\n' 'policies: { p: { limit: 1000000 per minute } }' 'rules: [{ count: api_key, policies: [p] }]' >"$work/connections.yaml"
    for round in $(seq "$rounds"); do
        for number in 64 1000; do connections_runs $number; done
    done
    for number in 64 1000; do names+=("unlimited-$number" "keepalive-64-$number" "keepalive-256-$number" "keepalive-1024-$number"); done
    heading "64 and 1,000 connections: nginx alone, and the limiter with the embedded store behind an upstream with this keepalive"
    gateway_table "$runs" unlimited-64 "${names[@]}"
}
