# Targets to build, run, test and measure on Debian with Swift. `make help` lists them.

SHELL := /bin/bash
PREFIX ?= /usr/local
# Where the programs are that `make install` installs.
PROGRAMS ?= .build/release
export PORT DASHBOARD_PORT SERVER STORE RULES ROUNDS DURATION

LIBRARIES := build-essential pkg-config libfcgi-dev libhiredis-dev libpq-dev liblmdb-dev
SERVERS := nginx redis-server postgresql curl
APACHE := apache2 libapache2-mod-fcgid
DASHBOARD := libjs-chart.js
BROWSER := chromium chromium-driver fonts-dejavu-core
TESTING := apache2-utils wrk python3-jsonschema python3-yaml $(APACHE) php-fpm python3 $(BROWSER)
MEASURING := wrk libnginx-mod-http-lua lua-nginx-redis
# With util-linux, for a network that can be cut.
CHAOS := iproute2

.PHONY: help build run traffic test bench chaos check screenshot install swift

help:  ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: swift  ## Build the programs, to .build/release/
	@scripts/install-packages $(LIBRARIES)
	swift build -c release --static-swift-stdlib

run: swift  ## Start it all (SERVER=nginx|apache, STORE=embedded|redis, RULES=file, PORT=5000, DASHBOARD_PORT=8080)
	@scripts/install-packages $(LIBRARIES) $(SERVERS) $(DASHBOARD) $(if $(filter apache,$(SERVER)),$(APACHE))
	swift build -c release --static-swift-stdlib --product fcgi-limiter
	swift build -c release --static-swift-stdlib --product fcgi-limiter-dashboard
	@exec setpriv --pdeathsig TERM scripts/run

traffic:  ## Send varied clients through what make run started (DURATION=180, PORT=)
	@scripts/install-packages python3
	@scripts/traffic

test: swift  ## Check and run every test, against real servers
	@scripts/install-packages $(LIBRARIES) $(SERVERS) $(DASHBOARD) $(TESTING) $(CHAOS)
	@$(MAKE) --no-print-directory check
	swift build --build-tests
	swift test --skip-build --disable-xctest

check: swift  ## Lint the format, and build with warnings and undeclared imports as errors
	@scripts/install-packages $(LIBRARIES)
	swift format lint --strict --recursive --parallel Sources Tests bench Package.swift
	swift build --explicit-target-dependency-import-check error

bench: build  ## Measure against a bare responder, limit_req and nginx + Lua + Redis (ROUNDS=, DURATION=)
	@scripts/install-packages $(SERVERS) $(MEASURING)
	@bench/run

chaos: build  ## Have one thing after another go wrong under load, and print what clients see (RATE=, DURATION=)
	@scripts/install-packages $(SERVERS) $(CHAOS)
	@.build/release/Chaos $(if $(RATE),--rate $(RATE)) $(if $(DURATION),--seconds $(DURATION))

screenshot: swift  ## Take the picture of the dashboard anew, to docs/dashboard.png
	@scripts/install-packages $(LIBRARIES) $(SERVERS) $(DASHBOARD) $(BROWSER)
	swift test --disable-xctest --filter BrowserTests/picture
	install -D -m 644 -t docs .build/screenshots/dashboard.png

install: build  ## Install the programs and the snippets (PREFIX=, DESTDIR=)
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(PROGRAMS)/fcgi-limiter $(PROGRAMS)/fcgi-limiter-dashboard
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fcgi-limiter limits.example.yaml limits.schema.json
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fcgi-limiter/grafana grafana/*.json
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fcgi-limiter/nginx nginx/*.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fcgi-limiter/apache apache/*.conf
	sed -i 's|/usr/local|$(PREFIX)|' $(DESTDIR)$(PREFIX)/share/fcgi-limiter/apache/*.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system systemd/*
	sed -i 's|@PREFIX@|$(PREFIX)|' $(DESTDIR)$(PREFIX)/lib/systemd/system/fcgi-limiter*.service

swift:
	@command -v swift >/dev/null || { echo "make: there is no swift: install Swift 6.2 or later from swift.org" >&2; exit 1; }
