#!/usr/bin/env bash
# Prints the nginx.conf of the benchmark: one worker, one loopback port, and a server per contender, selected by Host.
#
#     nginx.conf.sh FOLDER SCRIPT_SHA PORT > FOLDER/nginx.conf
#
#     ANSWER='alias …;'   what answers an allowed request of guard and limit_req; by default a small file
#     LIMIT=N             requests per minute of limit_req and lua; by default more than a run of limit_req uses, and 30
#     KEEPALIVE=N         connections to the limiter that nginx keeps
#
# FOLDER is an absolute path. It holds the pid file, logs, temporary files and sockets (bare.sock, limiter.sock, redis.sock), and in
# fcgi-limiter.d the additional variables for the limiter, as on any site that includes nginx/guard-server.conf.
set -euo pipefail
folder=$1 script_sha=$2 port=$3
answer=${ANSWER:-alias $folder/answer.json;}
if [ -n "${LIMIT:-}" ]; then rate="rate=${LIMIT}r/m" burst=$LIMIT; else rate=rate=100000r/s burst=1000; fi
bench=$(cd "$(dirname "$0")" && pwd)
snippets=$(dirname "$bench")/nginx

modules=$(nginx -V 2>&1 | tr ' ' '\n' | sed -n 's/^--modules-path=//p')
modules=${modules:-/usr/lib/nginx/modules}
for module in ndk_http_module ngx_http_lua_module; do
    [ -e "$modules/$module.so" ] || {
        echo "nginx has no $module.so in $modules: apt-get install libnginx-mod-http-lua" >&2
        exit 1
    }
    echo "load_module $modules/$module.so;"
done

# A worker started by root would run as another user, who may not enter the private folder.
[ "$(id -u)" != 0 ] || echo "user root;"

# Only what the limiter needs, because every variable costs time. The limiter and the bare responder get the same.
# shellcheck disable=SC2016 # nginx expands them
fastcgi='
            fastcgi_pass_request_headers off;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param REQUEST_URI $request_uri;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param REMOTE_ADDR $remote_addr;
            fastcgi_param HTTP_X_API_KEY $key;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param SERVER_PROTOCOL $server_protocol;
            fastcgi_keep_conn on;'

cat <<CONF
worker_processes 1;
daemon off;
pid $folder/nginx.pid;
error_log $folder/nginx.log warn;
worker_rlimit_nofile 16384;
events { worker_connections 8192; }

http {
    access_log off;
    default_type application/json;
    client_body_temp_path $folder/client_body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;

    # The load generator keeps its connections for the whole run, so that only requests are measured, not connecting.
    keepalive_requests 1000000000;

    # Generates 10,000 API keys here, because a wrk script that generates them would double wrk's cost. A key is the run's name, the
    # last digit of the connection's number, and the last three digits of the request's number on that connection. The run's name
    # makes every run start with keys that were never charged.
    map \$connection \$caller { "~(?<last>\\d)\$" \$last; }
    map \$connection_requests \$turn {
        "~(?<tail>\\d\\d\\d)\$" \$tail;
        "~^\\d\\d\$" 0\$connection_requests;
        default 00\$connection_requests;
    }
    # With X-Bench-Mix, 99 of 100 requests come from ten callers that are soon refused.
    map "\$http_x_bench_mix\$turn" \$abuser {
        "~^mix\\d00\$" "";
        "~^mix" "abuser-\$http_x_bench_run-\$caller";
        default "";
    }
    map \$http_x_api_key\$abuser \$key { default \$http_x_api_key\$abuser; "" "\$http_x_bench_run-\$caller-\$turn"; }

    upstream bare {
        server unix:$folder/bare.sock;
        keepalive 64;
        keepalive_requests 1000000000;
    }
    upstream fcgi_limiter {
        server unix:$folder/limiter.sock;
        keepalive ${KEEPALIVE:-256};
        keepalive_requests 1000000000;
    }

    include $snippets/report-format.conf;

    # In process and for one machine only: the least that limiting can cost. No key reaches the rate.
    limit_req_zone \$key zone=keys:64m $rate;
    limit_req_status 429;

    lua_package_path "$bench/?.lua;;";
    init_by_lua_block { require("lua_limiter").configure("$folder/redis.sock", "$script_sha", ${LIMIT:-30}, 60) }

    server {
        listen 127.0.0.1:$port default_server;
        server_name bare;
        location / {$fastcgi
            fastcgi_pass bare;
        }
    }
    server {
        listen 127.0.0.1:$port;
        server_name limiter;
        location / {$fastcgi
            fastcgi_pass fcgi_limiter;
        }
    }
    server {
        listen 127.0.0.1:$port;
        server_name guard;
        include $snippets/guard-server.conf;
        # Requests that the limiter does not answer must show up as failures.
        set \$fcgi_limiter_when_down deny;
        location = /api/search {
            include $snippets/guard.conf;
            $answer
        }
    }
    server {
        listen 127.0.0.1:$port;
        server_name reported;
        include $snippets/guard-server.conf;
        include $snippets/report.conf;
        set \$fcgi_limiter_when_down deny;
        location = /api/search {
            include $snippets/guard.conf;
            $answer
        }
    }
    server {
        listen 127.0.0.1:$port;
        server_name limit_req;
        location = /api/search {
            limit_req zone=keys burst=$burst nodelay;
            $answer
        }
    }
    server {
        listen 127.0.0.1:$port;
        server_name lua;
        location = /api/search {
            access_by_lua_block { require("lua_limiter").access() }
            # An answer from memory, like the limiter's own.
            empty_gif;
        }
    }
    server {
        listen 127.0.0.1:$port;
        server_name unlimited;
        location = /api/search { empty_gif; }
    }
}
CONF
