# Two images: `limiter`, with both programs and nothing else of this checkout, and `nginx`, which asks them.
# `docker compose up --build` builds and starts both.
#
# The arguments name other base images, such as those of a mirror. If BUILD_IMAGE has the programs in /programs already, nothing is
# compiled.
ARG BUILD_IMAGE=docker.io/library/swift:6.3-bookworm
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim
ARG NGINX_IMAGE=docker.io/library/nginx:stable

FROM ${BUILD_IMAGE} AS build
WORKDIR /source
COPY . .
# The cache keeps what is compiled when only a few files have changed.
RUN --mount=type=cache,target=/source/.build [ -d /programs ] || { \
        apt-get update && apt-get install -y --no-install-recommends make && make build && \
        install -s -D -t /programs .build/release/fcgi-limiter .build/release/fcgi-limiter-dashboard; \
    }

FROM ${NGINX_IMAGE} AS nginx
COPY nginx/*.conf /etc/nginx/snippets/fcgi-limiter/
COPY docker/nginx.conf /etc/nginx/compose.conf
COPY docker/start-nginx /usr/local/bin/
USER 10001:10001
EXPOSE 5000 8080
ENTRYPOINT ["start-nginx"]
CMD []

FROM ${BASE_IMAGE} AS limiter
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates libfcgi0ldbl libhiredis0.14 libjs-chart.js liblmdb0 libpq5 libssl3 && \
    rm -rf /var/lib/apt/lists/* && \
    useradd --uid 10001 --user-group --home-dir /nonexistent --shell /usr/sbin/nologin fcgi-limiter && \
    install -d -o fcgi-limiter -g fcgi-limiter -m 750 /var/lib/fcgi-limiter
COPY --from=build /programs/ /usr/bin/
# As a number, so that Kubernetes can tell that it is not root.
USER 10001:10001
# Counts wait in the spool while PostgreSQL is unavailable: mount a volume there.
ENV FCGI_LIMITER_LISTEN=0.0.0.0:9000 \
    FCGI_LIMITER_DASHBOARD_LISTEN=0.0.0.0:9000 \
    FCGI_LIMITER_SPOOL=/var/lib/fcgi-limiter/spool
EXPOSE 9000
HEALTHCHECK --interval=10s --timeout=6s CMD ["fcgi-limiter", "health", "--live"]
ENTRYPOINT ["fcgi-limiter"]
CMD ["serve"]
